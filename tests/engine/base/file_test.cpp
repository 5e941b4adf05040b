#include "engine/base/file.h"

#include "engine/base/hash.h"
#include "engine/base/mapped_file.h"
#include "engine/base/version.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
namespace fs = std::filesystem;

TEST_CASE("a file is replaced whole and nothing is left beside it", "[engine][base]") {
  test::TempDir dir;
  test::write_file(dir / "a", "old");
  REQUIRE(write_file_atomic(dir / "a", "new and longer").ok());
  CHECK(*read_file(dir / "a", 100) == "new and longer");
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 1);
  const Status failed = write_file_atomic(dir.path() / "missing" / "a", "x");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().kind == ErrorKind::not_found);
  // A folder in the way: the rename fails, the aside file goes.
  fs::create_directory(dir / "folder");
  test::write_file(dir.path() / "folder" / "x", "");
  CHECK_FALSE(write_file_atomic(dir / "folder", "x").ok());
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 2);
}

TEST_CASE("reading has limits and names what is wrong", "[engine][base]") {
  test::TempDir dir;
  test::write_file(dir / "a", "0123456789");
  CHECK(read_file(dir / "a", 10).ok());
  CHECK(read_file(dir / "a", 9).error().kind == ErrorKind::incompatible);
  CHECK(read_file(dir / "b", 9).error().kind == ErrorKind::not_found);
  CHECK_FALSE(read_file(dir.path(), 100).ok());
  Result<File> file = File::open(dir / "a", File::Mode::read);
  REQUIRE(file.ok());
  std::byte bytes[4];
  CHECK(file->read_at(6, bytes).ok());
  CHECK(bytes[3] == std::byte{'9'});
  CHECK(file->read_at(7, bytes).error().kind == ErrorKind::incompatible);
}

TEST_CASE("plain names stay in their folder", "[engine][base]") {
  for (const char* good : {"a", "tokenizer.json", "a b", "model-00001-of-00002.safetensors"}) {
    CHECK(is_plain_name(good));
  }
  for (const char* bad : {"", ".", "..", "../a", "/etc/passwd", "a/b", "a\\b", ".hidden", "a\nb"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_plain_name(bad));
  }
  CHECK_FALSE(is_plain_name(std::string(256, 'a')));
  CHECK_FALSE(is_plain_name(std::string_view("a\0b", 3)));
}

TEST_CASE("folders are exchanged", "[engine][base]") {
  test::TempDir dir;
  fs::create_directory(dir / "a");
  fs::create_directory(dir / "b");
  test::write_file(dir.path() / "a" / "x", "from a");
  REQUIRE(exchange_folders(dir / "a", dir / "b").ok());
  CHECK(test::read_file(dir.path() / "b" / "x") == "from a");
  CHECK(fs::is_empty(dir / "a"));
  CHECK_FALSE(exchange_folders(dir / "a", dir / "c").ok());
  CHECK(fs::is_empty(dir / "a"));
}

TEST_CASE("a lock has one holder", "[engine][base]") {
  test::TempDir dir;
  Result<File> a = File::open(dir / "lock", File::Mode::write);
  Result<File> b = File::open(dir / "lock", File::Mode::write);
  CHECK(*a->try_lock());
  CHECK_FALSE(*b->try_lock());
  { const File gone = std::move(*a); }
  CHECK(*b->try_lock());
}

TEST_CASE("a mapped file reads as its bytes", "[engine][base]") {
  test::TempDir dir;
  const std::string text(200'000, 'x');
  test::write_file(dir / "a", text + "end");
  Result<MappedFile> map = MappedFile::open(dir / "a");
  REQUIRE(map.ok());
  CHECK(map->bytes().size() == 200'003);
  std::string copied(6, ' ');
  map->read_at(199'997, std::as_writable_bytes(std::span(copied)));
  CHECK(copied == "xxxend");
  CHECK(map->bytes()[200'002] == std::byte{'d'});
  CHECK(map->bytes()[70'000] == std::byte{'x'});
  test::write_file(dir / "empty", "");
  CHECK(MappedFile::open(dir / "empty")->bytes().empty());
  CHECK_FALSE(MappedFile::open(dir.path()).ok());
  CHECK(MappedFile::open(dir / "none").error().kind == ErrorKind::not_found);
}

TEST_CASE("free space of a place that does not exist yet", "[engine][base]") {
  test::TempDir dir;
  const Result<std::uint64_t> space = free_space(dir.path() / "not" / "yet");
  REQUIRE(space.ok());
  CHECK(*space > 0);
}

TEST_CASE("XXH3-128 as published", "[engine][base]") {
  // xxHash's own vectors for seed 0: the empty input, and the same bytes in pieces.
  CHECK(hash_of(std::string_view("")) == "99aa06d3014798d86001c324468d497f");
  Hasher h;
  h.update("ab");
  h.update("c");
  CHECK(h.digest() == hash_of(std::string_view("abc")));
  CHECK(h.digest() == "06b05ab6733a618578af5f94892f3950");
}

TEST_CASE("versions compare as numbers", "[engine][base]") {
  CHECK(*parse_version("1.9") < *parse_version("1.14"));
  CHECK(*parse_version("1.14") < *parse_version("1.14.1"));
  CHECK(*parse_version("1.15.0") == *parse_version("1.15"));
  for (const char* bad :
       {"", "1", "1.", "1.2.", "1.2.3.4", "v1.2", "1.x", "1.-2", " 1.2", "1.99999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_version(bad));
  }
}
