// Jinja source into tokens, with the whitespace rules of trim_blocks and lstrip_blocks applied.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace cactus::jinja {

enum class TokenKind {
  data,         // text outside of tags
  block_begin,  // {%
  block_end,    // %}
  print_begin,  // {{
  print_end,    // }}
  name,
  string,  // escapes resolved
  integer,
  real,
  op,  // ( ) [ ] { } . , : | = == != < <= > >= + - * ** / // % ~ ;
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  int line = 1;
  std::string text;
};

// Throws Failure. `source` has its newlines normalised to \n and its last one removed.
std::vector<Token> tokenize(std::string_view source);

// Jinja's newline handling: \r\n and \r become \n, one newline at the very end goes.
std::string normalize_newlines(std::string_view source);

}  // namespace cactus::jinja
