#include "hub/store/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "hub/store/usage_marks.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using namespace cactus::hub;

namespace {

// A process that holds the lock until it is killed.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& file) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      auto lock = Lock::try_acquire(file, "holding on");
      if (lock && *lock) {
        (*lock)->progress(1, 2);  // too soon after the first text: not written
        if (::write(ready[1], "x", 1) == 1)
          for (;;) ::pause();
      }
      ::_exit(1);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("locks: one owner, who is named, and a kill sets them free", "[hub]") {
  const test::TempDir dir;
  const auto file = dir / "a/b.lock";
  CHECK_FALSE(lock_owner(file).has_value());
  Holder holder(file);
  const auto refused = Lock::try_acquire(file, "mine");
  REQUIRE(refused.ok());
  CHECK_FALSE(refused->has_value());
  const auto owner = lock_owner(file);
  REQUIRE(owner.has_value());
  CHECK(owner->pid == holder.pid());
  CHECK(owner->task == "holding on");
  CHECK(owner->text() == "process " + std::to_string(holder.pid()) + " (holding on)");

  int asked = 0;
  const auto gave_up = Lock::acquire(file, "mine", [&](const LockOwner& who) {
    CHECK(who.pid == holder.pid());
    return ++asked < 2;
  });
  REQUIRE_FALSE(gave_up.ok());
  CHECK(gave_up.error().kind == ErrorKind::cancelled);

  holder.kill();
  CHECK_FALSE(lock_owner(file).has_value());
  const auto mine = Lock::acquire(file, "mine", {});
  REQUIRE(mine.ok());
  CHECK(lock_owner(file)->pid == ::getpid());
}

TEST_CASE("locks: waiting ends when the owner lets go", "[hub]") {
  const test::TempDir dir;
  auto first = Lock::acquire(dir / "x.lock", "first", {});
  REQUIRE(first.ok());
  std::thread let_go([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const Lock gone = std::move(*first);
  });
  const auto second = Lock::acquire(dir / "x.lock", "second", {});
  let_go.join();
  REQUIRE(second.ok());
  CHECK(lock_owner(dir / "x.lock")->task == "second");
}

TEST_CASE("locks: an owner who has not signed yet is named a moment later", "[hub]") {
  const test::TempDir dir;
  const auto file = dir / "x.lock";
  std::ofstream(file).flush();
  const int fd = ::open(file.c_str(), O_RDWR);
  REQUIRE(fd >= 0);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  std::vector<std::string> told;
  const auto twice = [&](const LockOwner& who) {
    told.push_back(who.text());
    return told.size() < 2;
  };
  SECTION("signed between two looks") {
    std::thread signs([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      std::ofstream(file) << R"({"pid":7})";
    });
    CHECK_FALSE(Lock::acquire(file, "mine", twice).ok());
    signs.join();
    CHECK(told == std::vector<std::string>{"process 7", "process 7"});
  }
  SECTION("never signed") {
    CHECK_FALSE(Lock::acquire(file, "mine", twice).ok());
    CHECK(told == std::vector<std::string>{"another process", "another process"});
  }
  ::close(fd);
}

TEST_CASE("locks: a file that was taken away is no lock", "[hub]") {
  const test::TempDir dir;
  const auto file = dir / "x.lock";
  auto first = Lock::acquire(file, "first", {});
  REQUIRE(first.ok());
  first->remove();
  CHECK_FALSE(std::filesystem::exists(file));
  auto second = Lock::try_acquire(file, "second");
  REQUIRE((second.ok() && second->has_value()));
  CHECK(lock_owner(file)->task == "second");
}

TEST_CASE("locks: what stands in the file may be anything", "[hub]") {
  const test::TempDir dir;
  const auto file = dir / "x.lock";
  auto lock = Lock::acquire(file, "me", {});
  REQUIRE(lock.ok());
  for (const char* text : {"", "{", "[]", "{\"pid\":\"x\",\"total\":-1}", "\xff\xff"}) {
    std::ofstream(file, std::ios::trunc) << text;
    const auto owner = lock_owner(file);
    REQUIRE(owner.has_value());
    CHECK(owner->pid == 0);
    CHECK(owner->text() == "another process");
  }
}

TEST_CASE("locks: marks of use name those alive, and go with the dead", "[hub]") {
  const test::TempDir dir;
  CHECK(users_of(dir / "none", "k").empty());
  {
    const UsageMark mark = UsageMark::make(dir.path(), "k", "chatting");
    const UsageMark other = UsageMark::make(dir.path(), "k2", "chatting");
    const auto users = users_of(dir.path(), "k");
    REQUIRE(users.size() == 1);
    CHECK(users[0].pid == ::getpid());
    CHECK(users[0].task == "chatting");
  }
  CHECK(users_of(dir.path(), "k").empty());
  CHECK(std::filesystem::is_empty(dir.path()));

  const auto dead = dir / "k.use.1.0";
  {
    Holder holder(dead);
    CHECK(users_of(dir.path(), "k").size() == 1);
  }
  CHECK(std::filesystem::exists(dead));
  CHECK(users_of(dir.path(), "k").empty());
  CHECK_FALSE(std::filesystem::exists(dead));
}
