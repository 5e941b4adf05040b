#include "engine/convert/safetensors.h"

#include <algorithm>

#include "engine/convert/checkpoint.h"
#include "tests/engine/convert/checkpoint_files.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
namespace fs = std::filesystem;

namespace {

// Parses a header in front of `data` bytes.
Result<std::vector<SourceTensor>> parse(const std::string& header, std::uint64_t data) {
  return parse_safetensors(header, 8 + header.size() + data, "m.safetensors");
}

std::string why(const std::string& header, std::uint64_t data) {
  const auto r = parse(header, data);
  if (r) return "accepted";
  CHECK(r.error().kind == ErrorKind::incompatible);
  CHECK(r.error().what.find("m.safetensors") != std::string::npos);
  return r.error().why;
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"a": {"dtype": ")" + dtype + R"(", "shape": )" + shape + R"(, "data_offsets": )" +
         offsets + "}}";
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Error open_error(const fs::path& folder) {
  const auto r = open_checkpoint(folder);
  REQUIRE_FALSE(r.ok());
  return r.error();
}

}  // namespace

TEST_CASE("a header is read, in the order of offsets", "[engine][convert]") {
  const std::string header =
      R"({"__metadata__": {"format": "pt", "deep": {"x": [1, {"y": null}]}},
          "b": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [4, 16]},
          "a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4], "note": [1]},
          "empty": {"dtype": "F16", "shape": [0, 7], "data_offsets": [4, 4]}}   )";
  const auto r = parse(header, 16);
  REQUIRE(r.ok());
  REQUIRE(r->size() == 3);
  CHECK((*r)[0].name == "a");
  CHECK((*r)[0].offset == 8 + header.size());
  CHECK((*r)[0].shape.empty());
  CHECK((*r)[1].name == "empty");
  CHECK((*r)[2].name == "b");
  CHECK((*r)[2].type == SourceType::bf16);
  CHECK((*r)[2].size == 12);
  CHECK(parse("{}", 0)->empty());
}

TEST_CASE("hostile headers", "[engine][convert]") {
  CHECK(has(why(one("F32", "[2]", "[0, 8]"), 7), "ends at byte"));
  CHECK(has(why(one("F32", "[2]", "[0, 8]"), 9), "1 bytes at its end"));
  CHECK(has(why(one("F32", "[2]", "[4, 12]"), 12), "belong to no tensor"));
  CHECK(has(why(one("F32", "[3]", "[0, 8]"), 8), "do not need"));
  CHECK(has(why(one("F32", "[2]", "[8, 0]"), 8), "data_offsets"));
  CHECK(has(why(one("F32", "[2]", "[0, 8, 9]"), 8), "data_offsets"));
  CHECK(has(why(one("F32", "[2]", "[-8, 0]"), 8), "negative"));
  CHECK(has(why(one("F32", "[4294967296, 4294967296]", "[0, 0]"), 0), "do not need"));
  CHECK(has(why(one("F32", "[2.5]", "[0, 8]"), 8), "fraction"));
  CHECK(has(why(one("F32", "[1e3]", "[0, 8]"), 8), "fraction"));
  CHECK(has(why(one("F32", "[18446744073709551615]", "[0, 8]"), 8), "out of range"));
  CHECK(has(why(one("F32", "\"2\"", "[0, 8]"), 8), "lacks"));
  CHECK(has(why(one("F32", "[[2]]", "[0, 8]"), 8), "list"));
  CHECK(has(why(one("F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "[0, 8]"), 8), "dimensions"));
  CHECK(has(why(R"({"a": {"dtype": "F32", "shape": [2]}})", 8), "lacks"));
  CHECK(has(why(R"({"a": 3})", 8), "out of range"));
  CHECK(has(why(R"({"a": "x"})", 8), "text"));
  CHECK(has(why(R"({"a": {"dtype": {}}})", 8), "object"));
  CHECK(has(why(R"({"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                    "b": {"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                6),
            "overlaps"));
  CHECK(has(why(R"({"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                    "a": {"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                8),
            "stands twice"));
  CHECK(has(why("[]", 0), "list"));
  CHECK(has(why("3", 0), "out of range"));
  CHECK(has(why("", 0), "JSON"));
  CHECK(has(why("{\"a\"", 0), "JSON"));
  CHECK(has(why("{} x", 0), "JSON"));
  CHECK(has(why("{\"\xff\": 3}", 0), "JSON"));
  CHECK(has(why("{\"__metadata__\": {\"x\": " + std::string(100'000, '[') + "}}", 0), "deeply"));
  // A type that is not known is no error of the file.
  CHECK(parse(one("F4_NEW", "[2]", "[0, 1]"), 1).ok());
}

TEST_CASE("header lengths beyond the file", "[engine][convert]") {
  const auto length = [](std::uint64_t n, std::uint64_t file) {
    std::byte prefix[8];
    for (std::size_t i = 0; i < 8; ++i) prefix[i] = static_cast<std::byte>(n >> 8 * i);
    return header_length(prefix, file, "m.safetensors");
  };
  CHECK(*length(10, 18) == 10);
  CHECK_FALSE(length(11, 18).ok());
  CHECK_FALSE(length(UINT64_MAX, UINT64_MAX).ok());
  CHECK_FALSE(length(UINT64_MAX - 7, 100).ok());
  CHECK_FALSE(length(kHeaderLimit + 1, 1ULL << 40).ok());
}

TEST_CASE("a checkpoint cut anywhere is refused", "[engine][convert]") {
  test::TempDir dir;
  const std::string whole =
      test::safetensors_file({{"a", {"F32", {2}, "12345678"}}, {"b", {"BF16", {3}, "123456"}}});
  test::write_file(dir / "model.safetensors", whole);
  REQUIRE(open_checkpoint(dir.path()).ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    test::write_file(dir / "model.safetensors", whole.substr(0, size));
    CAPTURE(size);
    REQUIRE_FALSE(open_checkpoint(dir.path()).ok());
  }
}

TEST_CASE("shards and their index", "[engine][convert]") {
  const auto source = open_checkpoint(test::fixture("gemma4_mm"));
  REQUIRE(source.ok());
  CHECK((*source)->tensors().size() == 348);
  CHECK((*source)->provenance().size() == 2);

  test::TempDir dir;
  const fs::path index = dir / "model.safetensors.index.json";
  const std::string a = test::safetensors_file({{"a", {"F32", {1}, "1234"}}});
  const std::string b = test::safetensors_file({{"b", {"F32", {1}, "1234"}}});
  test::write_file(dir / "1.safetensors", a);
  test::write_file(dir / "2.safetensors", b);
  const auto with = [&](const std::string& text) {
    test::write_file(index, text);
    return open_checkpoint(dir.path());
  };
  CHECK(with(R"({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}})").ok());
  for (const char* bad :
       {R"({"weight_map": {"a": "../1.safetensors"}})", R"({"weight_map": {"a": "/etc/passwd"}})",
        R"({"weight_map": {"a": "1.safetensors/../2.safetensors"}})",
        R"({"weight_map": {"a": "1.bin"}})", R"({"weight_map": {"a": 3}})", R"({"weight_map": {}})",
        R"({"weight_map": []})", "{}", "[]", "{", R"({"weight_map": {"a": "2.safetensors"}})",
        R"({"weight_map": {"c": "1.safetensors"}})", R"({"weight_map": {"a": ".safetensors"}})"}) {
    CAPTURE(bad);
    const auto r = with(bad);
    REQUIRE_FALSE(r.ok());
    CHECK(r.error().kind == ErrorKind::incompatible);
  }
  CHECK(with(R"({"weight_map": {"a": "3.safetensors"}})").error().kind == ErrorKind::not_found);
  test::write_file(dir / "2.safetensors", a);
  CHECK(with(R"({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}})")
            .error()
            .what.find("two files") != std::string::npos);

  test::TempDir other;
  CHECK(open_error(other.path()).kind == ErrorKind::not_found);
  test::write_file(other / "pytorch_model.bin", "x");
  CHECK(has(open_error(other.path()).why, "PyTorch"));
  CHECK(open_error(other / "none").what.find("no folder") == 0);
}
