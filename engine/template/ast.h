// A parsed template. Immutable and shared by all renders.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/template/value.h"

namespace cactus::jinja {

using Symbol = std::uint32_t;  // an interned variable name

enum class ExprKind : std::uint8_t {
  constant,   // value
  name,       // symbol
  list,       // operands
  tuple,      // operands
  dict,       // operands: key, value, key, value, …
  attribute,  // operands[0] . text
  item,       // operands[0] [ operands[1] ]
  slice,      // operands[0] [ operands[1] : operands[2] : operands[3] ], any of the three null
  call,       // operands[0] ( arguments )
  filter,     // operands[0] | text ( arguments ); operands[0] null: what a filter block encloses
  test,       // operands[0] is text ( arguments )
  negate,
  plus,
  logical_not,  // operands[0]
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,   // operands[0], operands[1]
  concat,  // operands, printed one after the other
  logical_and,
  logical_or,   // operands[0], operands[1]
  compare,      // operands[0] ops[0] operands[1] ops[1] operands[2] …
  conditional,  // operands[0] if operands[1] else operands[2] (may be null)
};

enum class CompareOp : std::uint8_t { eq, ne, lt, le, gt, ge, in, not_in };

struct Expr;
using ExprPtr = std::unique_ptr<const Expr>;

struct CallArguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  ExprPtr star, double_star;  // *args, **kwargs
};

struct Expr {
  ExprKind kind = ExprKind::constant;
  int line = 0;
  int depth = 1;  // of the tree below: bounded, so that walking and freeing it is
  Symbol symbol = 0;
  Value value;
  std::string text;
  std::vector<ExprPtr> operands;
  std::vector<CompareOp> ops;
  CallArguments arguments;
};

// What is assigned to: a name, an attribute of a namespace (name.attribute), or several of them.
struct Target {
  Symbol symbol = 0;
  std::string attribute;      // empty: the name itself
  std::vector<Target> parts;  // not empty: unpacks into these
};

enum class StmtKind : std::uint8_t {
  text,        // text
  print,       // expr
  branch,      // arms: the first whose condition holds (no condition: else)
  loop,        // target, expr (iterable), condition (may be null), body, otherwise, recursive
  set,         // target = expr
  set_block,   // target = body, through the filters of expr (may be null)
  with,        // assignments (in arms' place: targets and values), body
  macro,       // macro
  call_block,  // expr (a call), macro (the caller)
  filter,      // body through the filters of expr
  scope,       // body (generation)
  loop_break,
  loop_continue,
};

struct Stmt;
using Block = std::vector<std::unique_ptr<const Stmt>>;

struct Arm {
  ExprPtr condition;
  Block body;
};

struct MacroDefinition {
  std::string name;
  Symbol symbol = 0;
  std::vector<Symbol> parameters;
  std::vector<std::string> parameter_names;
  std::vector<ExprPtr> defaults;  // of the last parameters
  Block body;
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
};

struct Stmt {
  StmtKind kind = StmtKind::text;
  int line = 0;
  std::string text;
  ExprPtr expr, condition;
  Target target;
  bool recursive = false;
  Block body, otherwise;
  std::vector<Arm> arms;
  std::vector<std::pair<Target, ExprPtr>> assignments;
  MacroDefinition macro;
};

struct Program {
  std::string source;
  Block body;
  std::vector<std::string> names;  // by symbol
  std::vector<bool> read;          // by symbol, maybe shorter: whether an expression reads it
  std::unordered_map<std::string, Symbol> symbols;
};

// Names whose symbols are fixed.
enum ReservedSymbol : Symbol { kLoop, kCaller, kVarargs, kKwargs, kReservedSymbols };

}  // namespace cactus::jinja
