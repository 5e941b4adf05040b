#include "tests/engine/tokenizer/fixtures.h"

#include <fstream>
#include <iterator>
#include <map>

#include "tests/support/catch.h"

namespace cactus::test {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  INFO(path);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string fixture(const std::string& name) {
  return std::string(CACTUS_FIXTURES) + "/" + name;
}

const Tokenizer& tokenizer_of(const std::string& name) {
  static std::map<std::string, std::unique_ptr<const Tokenizer>> loaded;
  auto& slot = loaded[name];
  if (slot == nullptr) {
    auto result = Tokenizer::load(read_file(fixture(name + "/tokenizer.json")),
                                  read_file(fixture(name + "/tokenizer_config.json")));
    if (!result) FAIL(name << ": " << result.error().what << "; " << result.error().why);
    slot = std::move(result).value();
  }
  return *slot;
}

}  // namespace cactus::test
