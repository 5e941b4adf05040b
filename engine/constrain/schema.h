// The tools offered with a request as a table that an acceptor walks: names, keys, types, enums,
// what is required. Bounds, patterns and lengths of values are not kept.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/constrain/said.h"
#include "engine/tools/call_grammar.h"

namespace cactus::constrain {

// Tries over bytes, all in one pool. Node 0 is no node.
class Literals {
 public:
  struct Node {
    std::int32_t first_child = 0, next = 0;  // next: the sibling
    std::int32_t meaning = -1;               // of the literal that ends here; -1: none does
    std::uint64_t members = 0;               // meanings (below 64) at or below this node
    unsigned char byte = 0;
  };
  Literals() : nodes_(1) {}
  std::int32_t add_root();
  void add(std::int32_t root, std::string_view text, std::int32_t meaning);
  // The child of `node` for `byte`, 0: none.
  std::int32_t child(std::int32_t node, unsigned char byte) const;
  const Node& operator[](std::int32_t node) const { return nodes_[static_cast<std::size_t>(node)]; }

 private:
  std::vector<Node> nodes_;
};

enum Kind : std::uint8_t {
  kString = 1,
  kNumber = 2,
  kInteger = 4,
  kBoolean = 8,
  kNull = 16,
  kArray = 32,
  kObject = 64,
  kAnything = 127 & ~kInteger,
};

struct ValueNode {
  std::uint8_t kinds = 0;    // what may stand here, besides `choices`
  std::int32_t choices = 0;  // a trie of enum values as they are written; 0: none
  std::int32_t items = -1;   // of arrays: a ValueNode; -1: anything
  std::int32_t object = -1;  // of objects: an ObjectNode; -1: any members
};

struct ObjectNode {
  std::int32_t keys = 0;             // a trie of keys; a meaning is an index into values
  std::vector<std::int32_t> values;  // ValueNodes
  std::uint64_t required = 0;
  bool lacks = false;  // arguments: more numbers are required than were said (may_lack)
};

struct Schema {
  Literals literals;
  std::vector<ValueNode> values;
  std::vector<ObjectNode> objects;
  std::int32_t names = 0;               // a trie; a meaning is an index into arguments
  std::vector<std::int32_t> arguments;  // an ObjectNode for each tool
  // Tries of the numbers that were said, whole ones in the second; a meaning is an index into
  // Said::numbers(). 0: any number may come.
  std::int32_t numbers = 0, integers = 0;
};

// `tools` as GenerateOptions. Errors: usage, naming the tool, for what cannot be written in this
// grammar (names with spaces where names are bare), more than 64 parameters of one object, schemas
// that refer to what is not there, no tools at all.
// With `said`, numbers are those that it holds. What then cannot be written at all falls away:
// parameters, and tools that require one of those, or more numbers than were said (where the
// grammar's calls may lack an argument, such tools stay: see ObjectNode::lacks).
Result<Schema> compile_schema(const Json& tools, const CallGrammar& grammar,
                              const Said* said = nullptr);

}  // namespace cactus::constrain
