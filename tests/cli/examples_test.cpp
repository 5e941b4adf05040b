// Every example in the help is a command that works, and what is generated from the command tree is
// what is checked in.
#include <cstdlib>
#include <regex>
#include <sstream>

#include "engine/base/json.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/hub_server.h"
#include "tests/support/process.h"

using namespace cactus;
using cactus::test::Finished;
using cactus::test::write_file;

namespace {

// What the examples call google/gemma-4-E2B-it is the fixture, on a hub of the test's own.
struct Place : test::TempDir {
  test::HubServer hub;
};

Finished shell(const Place& folder, const std::string& command) {
  const std::string path = (folder / "bin").string() + ":" + std::getenv("PATH");
  // No example may leave the machine.
  return test::run({{"/bin/bash", "-c", command},
                    "",
                    {{"PATH", path},
                     {"OPENAI_BASE_URL", "http://127.0.0.1:9"},
                     {"HF_ENDPOINT", folder.hub.endpoint()},
                     {"HF_HOME", (folder / "hf").string()},
                     {"CACTUS_MODELS_DIR", (folder / "models").string()}},
                    folder.path()});
}

// The lines under "Examples" of a help text.
std::vector<std::string> examples(const std::string& help) {
  std::vector<std::string> found;
  std::size_t at = help.find("\nExamples\n");
  if (at == std::string::npos) return found;
  for (at += 10; at < help.size() && help.compare(at, 2, "  ") == 0;) {
    const std::size_t end = std::min(help.find('\n', at), help.size());
    found.push_back(help.substr(at + 2, end - at - 2));
    at = end + 1;
  }
  return found;
}

// The commands behind "$ " in the fenced blocks of a document, each with what is shown below it.
std::vector<std::pair<std::string, std::string>> sessions(const std::string& markdown) {
  std::vector<std::pair<std::string, std::string>> found;
  bool fenced = false, session = false;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) {
      fenced = !fenced;
      session = false;
    } else if (fenced && line.rfind("$ ", 0) == 0) {
      found.emplace_back(line.substr(2), "");
      session = true;
    } else if (session) {
      found.back().second += line + "\n";
    }
  }
  return found;
}

std::string without_seconds(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9.]+ m?s\\b"), "… s");
}

// Prompts of which half count as right, answers to them, a probe, and a published one (of zeros).
void prepare_probes(const Place& folder) {
  std::string prompts;
  for (int i = 0; i < 16; ++i)
    prompts += Json({{"prompt", "Say " + std::to_string(i)},
                     {"answer", i % 2 == 0 ? "(?s)." : "(?!)x"},
                     {"grader", "regex"},
                     {"split", i < 8    ? "train"
                               : i < 12 ? "valid"
                                        : "test"}})
                   .dump() +
               "\n";
  write_file(folder / "prompts.jsonl", prompts);
  const unsigned char sizes[20] = {1, 0, 0, 0, 64, 0, 0, 0, 32, 0, 0, 0, 128, 0, 0, 0, 64, 0, 0, 0};
  std::string published("CHP10P6\0", 8);
  published.append(reinterpret_cast<const char*>(sizes), sizeof sizes);
  published.append(4 * (2 * 64 + 32 * 64 + 64 + 129 * 32 + 129 * 64 + 96 + 65), '\0');
  write_file(folder / "handoff_probe.bin", published);
  REQUIRE(
      shell(folder,
            "cactus probe collect -q ./model --in prompts.jsonl --out answers --max-tokens 8 && "
            "cactus probe train -q answers --out my.cactus --seeds 1 --epochs 2 > /dev/null")
          .code == 0);
}

void prepare(Place& folder) {
  std::filesystem::create_directories(folder / "bin");
  std::filesystem::create_symlink(CACTUS_BINARY, folder / "bin/cactus");
  std::filesystem::copy(test::fixture("gemma4_text"), folder / "checkpoint");
  write_file(folder / "notes.txt", "Milk, bread, and a letter to write.\n");
  write_file(folder / "key.txt", "key-of-an-example\n");
  write_file(folder / "strings.json", R"(["Hello", "wörld"])");
  write_file(folder / "ids.json", "[1, 2, 3, 4]");
  write_file(folder / "cases.json", R"([{"messages": [{"role": "user", "content": "Hi"}]}])");
  folder.hub.add("google/gemma-4-E2B-it").commit_folder(test::fixture("gemma4_text"));
  REQUIRE(shell(folder, "git init -q . && cactus convert -q checkpoint model").code == 0);
  prepare_probes(folder);
}

}  // namespace

TEST_CASE("help: every example runs", "[cli]") {
  Place folder;
  prepare(folder);
  int ran = 0;
  // clang-format off
  for (const char* command :
       {"",           "download",     "list",        "info",          "search",
        "outdated",   "upgrade",      "pin",         "unpin",         "path",
        "verify",     "run",          "chat",        "convert",       "bench",
        "probe",      "probe collect", "probe train", "probe eval",   "probe calibrate",
        "probe info", "probe import", "cleanup",     "doctor",        "rm",
        "config",     "config get",   "config set",  "config unset",  "config list",
        "config path", "debug",       "debug tokens", "debug render", "debug logits",
        "debug hidden", "auth",       "auth login",  "auth status",  "auth logout",
        "auth default", "usage",      "completion", "help"}) {
    // clang-format on
#ifdef CACTUS_EMULATED
    // It starts itself again, which no kernel does with a program of another architecture.
    if (std::string(command) == "bench") {
      WARN("skipped under emulation: the examples of bench");
      continue;
    }
#endif
    const Finished help = shell(folder, std::string("cactus ") + command + " --help");
    REQUIRE(help.code == 0);
    for (std::string example : examples(help.out)) {
      INFO(example);
      // These ask questions; here nobody answers, which is an error by design.
      const bool asks = example.find("on a terminal") != std::string::npos;
      if (example.rfind("cactus convert", 0) == 0)  // several examples make the same ones
        for (const char* made : {"bundle", "bundle-int8"})
          std::filesystem::remove_all(folder / made);
      const Finished finished = shell(folder, example);
      INFO(finished.err);
      CHECK(finished.code == (asks ? 2 : 0));
      ++ran;
    }
  }
  CHECK(ran >= 60);
}

TEST_CASE("README: its terminal sessions are what happens", "[cli]") {
  Place folder;
  std::filesystem::create_directories(folder / "bin");
  std::filesystem::create_symlink(CACTUS_BINARY, folder / "bin/cactus");
  std::filesystem::copy(test::fixture("gemma4_text"), folder / "checkpoint");
  int ran = 0;
  for (const auto& [command, shown] :
       sessions(test::read_file(std::filesystem::path(CACTUS_SOURCE) / "README.md"))) {
    if (command.rfind("cactus bench", 0) == 0) continue;  // gigabytes, and one machine's figures
    INFO(command);
    const std::string said = shell(folder, command + " 2>&1").out;
    CHECK(without_seconds(said) == without_seconds(shown));
    ++ran;
  }
  CHECK(ran >= 5);
}

TEST_CASE("help: docs/reference.md, the manual and the completions are up to date", "[cli]") {
  const test::TempDir folder;
  const std::filesystem::path source = CACTUS_SOURCE;
  const auto output = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CACTUS_BINARY);
    return test::run({std::move(arguments), "", {}, folder.path()}).out;
  };
  // To update: packaging/generate.sh build/dev/cli/cactus
  CHECK(test::read_file(source / "docs/reference.md") == output({"help", "reference"}));
  CHECK(test::read_file(source / "packaging/man/cactus.1") == output({"help", "--man"}));
  CHECK(test::read_file(source / "packaging/completions/cactus.bash") ==
        output({"completion", "bash"}));
  CHECK(test::read_file(source / "packaging/completions/_cactus") == output({"completion", "zsh"}));
  CHECK(test::read_file(source / "packaging/completions/cactus.fish") ==
        output({"completion", "fish"}));
}
