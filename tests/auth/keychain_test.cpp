// The Secret Service: a real GNOME Keyring on a bus of its own where those are installed, no bus at
// all, and a bus that never answers.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "auth/time_limit.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

using namespace cactus;
using cactus::test::TempDir;

#ifndef __APPLE__
namespace {

test::Finished run_with(std::vector<std::string> arguments, test::Environment environment = {}) {
  test::Launch launch;
  launch.arguments = std::move(arguments);
  launch.environment = std::move(environment);
  return test::run(launch);
}

bool installed(const char* program) {
  return run_with({"/bin/sh", "-c", std::string("command -v ") + program}).code == 0;
}

}  // namespace
#endif

TEST_CASE("time limit: a call that does not come back is left behind", "[auth]") {
  using namespace std::chrono_literals;
  CHECK(auth::within(
            60s, [] { return 7; }, [] {}) == 7);
  // The call ends when it is given up, so that nothing of this test outlives it.
  const auto given_up = std::make_shared<std::atomic<bool>>(false);
  const auto result = auth::within(
      20ms,
      [given_up] {
        while (!given_up->load()) std::this_thread::sleep_for(1ms);
        return 1;
      },
      [given_up] { given_up->store(true); });
  CHECK_FALSE(result);
  CHECK(given_up->load());
}

#ifndef __APPLE__
TEST_CASE("keychain: without a session bus there is none, and it says so", "[auth]") {
  const auto finished = run_with({CACTUS_KEYCHAIN, "get", "openai"});
  CHECK(finished.code == 1);
  CHECK(finished.out.find("no session bus") != std::string::npos);
}

TEST_CASE("keychain: a bus that never answers costs three seconds, once", "[auth]") {
  const TempDir folder;
  const std::string path = folder / "bus";
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listener, 5) == 0);  // connections are taken, nothing is ever said
  const auto finished = run_with({CACTUS_KEYCHAIN, "get", "openai"},
                                 {{"DBUS_SESSION_BUS_ADDRESS", "unix:path=" + path}});
  close(listener);
  CHECK(finished.code == 1);
  const bool said = finished.out.find("did not answer within 3 s") != std::string::npos ||
                    finished.out.find("libsecret-1.so.0 is not installed") != std::string::npos;
  CHECK(said);
}

TEST_CASE("keychain: a real Secret Service keeps, gives and forgets a key", "[auth]") {
  if (!installed("dbus-run-session") || !installed("gnome-keyring-daemon")) {
    WARN("skipped: dbus-run-session or gnome-keyring-daemon is not installed");
    return;
  }
  const TempDir folder;
  const std::string script =
      "printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n"
      "k=" CACTUS_KEYCHAIN
      "\n"
      "$k get openai; $k put openai first-key; $k put openai second-key; $k put gemini other\n"
      "$k get openai; $k get gemini; $k erase openai; $k erase openai; $k get openai; $k get "
      "gemini\n";
  const auto finished =
      run_with({"/bin/sh", "-c", "exec dbus-run-session -- /bin/sh -c \"$SCRIPT\""},
               {{"SCRIPT", script},
                {"HOME", folder.path().string()},
                {"XDG_RUNTIME_DIR", folder.path().string()},
                {"XDG_DATA_HOME", (folder / "data").string()}});
  INFO(finished.err);
  if (finished.out.find("error:") != std::string::npos &&
      finished.out.find("kept") == std::string::npos) {
    WARN("skipped: the keyring does not start here: " << finished.out);
    return;
  }
  CHECK(finished.out == "[]\nkept\nkept\nkept\n[second-key]\n[other]\nerased\nnone\n[]\n[other]\n");
}
#endif
