#include "engine/weights/bundle.h"

#include <unistd.h>

#include "engine/weights/manifest.h"
#include "engine/weights/open.h"
#include "kernels/pack.h"
#include "tests/engine/weights/small_bundle.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
namespace fs = std::filesystem;
using kernels::Layout;
using kernels::Type;

namespace {

Error open_error(const fs::path& folder) {
  const auto bundle = Bundle::open(folder);
  REQUIRE_FALSE(bundle.ok());
  return bundle.error();
}

// Opens the small bundle with one edit of its manifest.
Error error_after(const std::string& from, const std::string& to, const Json& source = nullptr) {
  test::TempDir dir;
  test::write_small_bundle(dir / "b", source);
  const fs::path manifest = dir.path() / "b" / "cactus.json";
  test::write_file(manifest, test::edit_manifest(test::read_file(manifest), from, to));
  Error error = open_error(dir / "b");
  CAPTURE(error.what, error.why);
  CHECK(error.kind == ErrorKind::incompatible);
  return error;
}

bool mentions(const Error& e, std::string_view text) {
  return (e.what + "|" + e.why + "|" + e.fix).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("what is written is read in place", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  const auto opened = Bundle::open(dir / "b");
  REQUIRE(opened.ok());
  const Bundle& b = **opened;
  CHECK(b.manifest().family == "gemma4");
  CHECK(b.manifest().format == "1.15");
  CHECK(b.manifest().config["hidden_size"] == 4);
  CHECK(b.manifest().tensors.size() == 5);

  const auto m = b.matrix("m.q4", 20, 70);
  REQUIRE(m.ok());
  CHECK(m->type == Type::q4);
  CHECK(m->layout == Layout::tiles);
  CHECK(reinterpret_cast<std::uintptr_t>(m->data) % kernels::kAlignment == 0);
  float row[70];
  kernels::unpack_row(*m, 19, row);
  CHECK(row[69] == Approx((19 * 70 + 69) * 37 % 101 - 50).margin(6));

  CHECK((*b.vector("v", 3))[2] == 3);
  CHECK((*b.vector("s", 1))[0] == 7);
  CHECK(b.matrix("conv", 2, 12).ok());
  CHECK(b.matrix("conv", 6, 4).ok());
  CHECK(*b.file("tokenizer.json") == "{\"t\": 1}");
  CHECK(b.find("m.rows")->lookup);
  CHECK(b.find("nothing") == nullptr);
  const kernels::Matrix table = *b.matrix("m.rows", 5, 40);
  std::vector<std::byte> copied(static_cast<std::size_t>(
      kernels::stride_bytes(table.type, table.layout, table.cols)));
  b.read_row(table, 4, copied.data());
  kernels::unpack_row({copied.data(), table.type, table.layout, 1, table.cols}, 0, row);
  CHECK(row[0] == Approx(4 * 40 * 37 % 101 - 50).margin(0.5));
}

TEST_CASE("asking for another shape, an absent tensor or file", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  const auto b = *Bundle::open(dir / "b");
  CHECK(mentions(b->matrix("m.q4", 70, 20).error(), "m.q4"));
  CHECK(mentions(b->matrix("m.q4", 70, 20).error(), "[20, 70] q4"));
  CHECK_FALSE(b->matrix("conv", 5, 5).ok());
  CHECK_FALSE(b->vector("v", 4).ok());
  CHECK_FALSE(b->vector("m.q4", 1400).ok());
  CHECK(mentions(b->matrix("absent.weight", 1, 1).error(), "absent.weight"));
  CHECK(b->file("chat_template.jinja").error().kind == ErrorKind::not_found);
  test::write_file(dir / "outside", "secret");
  CHECK_FALSE(b->file("../outside").ok());
  REQUIRE(::symlink("../outside", (dir.path() / "b" / "link").c_str()) == 0);
  CHECK(b->file("link").error().kind == ErrorKind::incompatible);
}

TEST_CASE("a bundle of another format names both versions and the command", "[engine][weights]") {
  const Json source = {{"repository", "google/gemma-4-E2B-it"}};
  const Error newer = error_after("\"format\": \"1.15\"", "\"format\": \"1.16\"", source);
  CHECK(mentions(newer, "newer format"));
  CHECK(mentions(newer, "1.16"));
  CHECK(mentions(newer, "1.15"));
  CHECK(mentions(newer, "cactus download --reconvert google/gemma-4-E2B-it"));
  const Error older = error_after("\"format\": \"1.15\"", "\"format\": \"1.9\"");
  CHECK(mentions(older, "older format"));
  CHECK(mentions(older, "cactus convert --force SOURCE"));
  CHECK(mentions(error_after("\"format\": \"1.15\"", "\"format\": \"2.15\""), "newer format"));
  CHECK(mentions(error_after("\"format\": \"1.15\"", "\"format\": 3"), "unknown format"));
  CHECK(mentions(error_after("\"runtime\": \"1.15\"", "\"runtime\": \"1.99\""),
                 "needs a newer cactus"));
  // A patch of the same format is read.
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  const fs::path manifest = dir.path() / "b" / "cactus.json";
  test::write_file(manifest, test::edit_manifest(test::read_file(manifest), "\"format\": \"1.15\"",
                                                 "\"format\": \"1.15.2\""));
  CHECK(Bundle::open(dir / "b").ok());
}

TEST_CASE("hostile manifests are refused", "[engine][weights]") {
  const std::pair<const char*, const char*> edits[] = {
      {"\"offset\":0", "\"offset\":64"},
      {"\"offset\":0", "\"offset\":-64"},
      {"\"offset\":0", "\"offset\":18446744073709551552"},
      {"\"shape\":[20,70]", "\"shape\":[20,71000]"},
      {"\"shape\":[20,70]", "\"shape\":[281474976710656,281474976710656]"},
      {"\"shape\":[20,70]", "\"shape\":[20,-70]"},
      {"\"shape\":[20,70]", "\"shape\":\"20\""},
      {"\"type\":\"q4\"", "\"type\":\"q3\""},
      {"\"type\":\"q4\"", "\"type\":\"f32\""},
      {"\"layout\":\"tiles\"", "\"layout\":\"spiral\""},
      {"\"size\":1792", "\"size\":1728"},
      {"\"tokenizer.json\"", "\"../tokenizer.json\""},
      {"\"tokenizer.json\"", "\"weights.cactus\""},
      {"\"family\": \"gemma4\"", "\"family\": 4"},
      {"\"cactus\": \"bundle\"", "\"cactus\": \"package\""},
      {"   3,", "   4,"},  // a value of the codebook
      {"\"tensors\": [", "\"tensors\": [3, "},
  };
  for (const auto& [from, to] : edits) {
    CAPTURE(from, to);
    error_after(from, to);
  }
}

TEST_CASE("a changed manifest, a cut weights file, no bundle at all", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  const fs::path manifest = dir.path() / "b" / "cactus.json",
                 weights = dir.path() / "b" / "weights.cactus";
  const std::string text = test::read_file(manifest), bytes = test::read_file(weights);
  std::string changed = text;
  changed[changed.find("1e-06")] = '2';
  test::write_file(manifest, changed);
  CHECK(mentions(open_error(dir / "b"), "checksum"));
  test::write_file(manifest, text.substr(0, text.size() / 2));
  CHECK(open_error(dir / "b").kind == ErrorKind::incompatible);
  test::write_file(manifest, text);
  test::write_file(weights, bytes.substr(0, bytes.size() - 64));
  CHECK(mentions(open_error(dir / "b"), std::to_string(bytes.size() - 64)));
  fs::remove(weights);
  CHECK_FALSE(Bundle::open(dir / "b").ok());
  test::write_file(dir / "elsewhere", bytes);
  REQUIRE(::symlink("../elsewhere", weights.c_str()) == 0);
  CHECK(mentions(open_error(dir / "b"), "outside"));
  CHECK(open_error(dir / "none").kind == ErrorKind::not_found);
  CHECK(mentions(open_error(test::fixture("gemma4_text")), "cactus convert"));
}

TEST_CASE("a temporary bundle works after its folder is gone", "[engine][weights]") {
  test::TempDir dir;
  test::write_small_bundle(dir / "b");
  const auto b = open_and_remove(dir / "b");
  REQUIRE(b.ok());
  CHECK_FALSE(fs::exists(dir / "b"));
  CHECK((*(*b)->vector("v", 3))[0] == 1);
  CHECK(*(*b)->file("tokenizer.json") == "{\"t\": 1}");
}
