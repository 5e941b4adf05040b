// The program as a process in pipes: streams, exit codes, formats, signals. The model echoes
// (echo_services.h).
#include "tests/support/process.h"

#include <csignal>
#include <thread>

#include "engine/base/json.h"
#include "engine/builtin/builtin.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using cactus::test::Child;
using cactus::test::Finished;
using cactus::test::Launch;

namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  test::write_file(path, text);
}

struct Place {
  Place() { write_file(folder / "m/cactus.json", "{}"); }
  Launch launch(std::vector<std::string> arguments, const std::string& input = "",
                test::Environment environment = {}) const {
    arguments.insert(arguments.begin(), CACTUS_ECHO);
    return {std::move(arguments), input, std::move(environment), folder.path()};
  }
  Finished run(std::vector<std::string> arguments, const std::string& input = "",
               test::Environment environment = {}) const {
    return test::run(launch(std::move(arguments), input, std::move(environment)));
  }
  test::TempDir folder;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    lines.push_back(Json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("run: the answer and nothing else on standard output, with one newline", "[cli]") {
  const Place place;
  const Finished plain = place.run({"run", "m", "hello", "you"});
  CHECK(plain.code == 0);
  CHECK(plain.out == "hello you\n");
  CHECK(plain.err.empty());
  CHECK(place.run({"run", "m", "-p", "!raw 610a0a0a"}).out == "a\n");
  CHECK(place.run({"run", "m", "-p", "!raw 610a0a62"}).out == "a\n\nb\n");
  // Byte for byte in a pipe, controls and all.
  CHECK(place.run({"run", "m", "-p", "!raw 611b5b333120e4b896"}).out == "a\x1b[31 世\n");
  CHECK(place.run({"run", "m", "--no-stream", "hello", "you"}).out == "hello you\n");
  CHECK(place.run({"run", "m", "-x", "-p", "a\n```sh\nls -l\n```\nb"}).out == "ls -l\n");
  CHECK(place.run({"run", "m", "--extract=py", "-p", "```sh\nls\n```\n```py\nx\n```"}).out ==
        "x\n");
  CHECK(has(place.run({"run", "m", "--stats", "hi"}).err, "prefill 10 tok"));
  CHECK(place.run({"run", "m", "--stats", "-q", "hi"}).err.empty());
  CHECK(place.run({"run", "m", "--color", "always", "**hi**"}).out == "**hi**\n");
  const Finished call = place.run({"run", "m", "!call"});
  CHECK(Json::parse(call.out) == Json::parse(R"({"name":"add","arguments":{"a":1,"b":2}})"));
}

TEST_CASE("run: standard input alone, joined, placed", "[cli]") {
  const Place place;
  CHECK(place.run({"run", "m"}, "from a pipe\n").out == "from a pipe\n");
  CHECK(place.run({"run", "m", "sum:"}, "data\n").out == "sum:\n\ndata\n");
  CHECK(place.run({"run", "m", "a", "-", "b"}, "data\n").out == "a data b\n");
  CHECK(place.run({"run", "m", "--", "--help"}).out == "--help\n");
  CHECK(place.run({"run", "m", "-p", "-v"}).out == "-v\n");
  CHECK(place.run({"run", "m", "please", "run", "config", "help"}).out ==
        "please run config help\n");
  CHECK(place.run({"run", "m", "--system", "be brief", "!system"}).out == "be brief\n");
  write_file(place.folder / "s.txt", "from a file\n");
  CHECK(place.run({"run", "m", "-s", "@s.txt", "!system"}).out == "from a file\n");
  CHECK(place.run({"run", "m", "q", "-f", "s.txt"}).out == "q\n\nfrom a file\n");
  const Finished empty = place.run({"run", "m"});
  CHECK(empty.code == 2);
  CHECK(empty.out.empty());
}

TEST_CASE("run: wrong use is exit 2, missing models 3, and says what to do", "[cli]") {
  const Place place;
  const auto fails = [&](std::vector<std::string> arguments, int code, const std::string& text,
                         const std::string& input = "") {
    const Finished finished = place.run(std::move(arguments), input);
    INFO(finished.err);
    CHECK(finished.code == code);
    CHECK(has(finished.err, text));
    CHECK(finished.err.rfind("error: ", 0) == 0);
    CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') <= 3);
    CHECK(finished.out.empty());
  };
  fails({"cofnig"}, 2, "did you mean 'config'?");
  fails({"run", "m", "--tmep", "1"}, 2, "did you mean '--temp'?");
  fails({"run", "m", "--temp", "warm", "x"}, 2, "--temp cannot be 'warm'");
  fails({"run", "m", "--temp", "-1", "x"}, 2, "temp cannot be -1");
  fails({"run", "m", "--top-p", "0", "x"}, 2, "top_p");
  fails({"run", "m", "--max-tokens", "0", "x"}, 2, "max_tokens");
  fails({"run", "m", "--kv", "int3", "x"}, 2, "f32, f16 or int8");
  fails({"run", "m", "--color", "maybe", "x"}, 2, "auto, always or never");
  fails({"run", "m", "--schema", "s.json", "x"}, 2, "--schema");
  fails({"run", "m", "-a", "cat.png", "x"}, 3, "cat.png");
  fails({"run", "m", "x"}, 2, "PNG file is damaged", "\x89PNG\r\n\x1a\n....");
  fails({"run", "m", "x"}, 2, "not text", "\xff\xfe\xfd");
  fails({"run", "m", "-f", "nothing.txt"}, 3, "nothing.txt");
  fails({"run", "nothing", "x"}, 3, "no model 'nothing'");
  fails({"run", "google/gemma-4-E2B-it", "x", "--no-download"}, 3, "is not installed");
  fails({"run", "google/gemma-4-E2B-it", "x", "--offline"}, 3, "no model is installed");
  if (builtin_files().empty()) fails({"run"}, 3, "has none inside");
  fails({"run", "m", "!fail"}, 7, "too long");
  fails({"config", "set", "run.tmep", "1"}, 2, "did you mean 'run.temp'?");
  fails({"config", "set", "run.temp", "warm"}, 2, "number");
  fails({"help", "exit-cods"}, 2, "did you mean 'exit-codes'?");
  fails({"completion", "tcsh"}, 2, "bash, zsh and fish");
  write_file(place.folder / "hf/config.json", "{}");
  fails({"run", "hf", "x"}, 6, "cactus convert hf hf-int4");
  write_file(place.folder / "bad.json", "[1");
  fails({"run", "m", "--tools", "bad.json", "x"}, 2, "bad.json");
  const Finished alone = place.run({});
  CHECK(alone.code == 2);
  CHECK(alone.out.empty());
  CHECK(has(alone.err, "usage: cactus"));
}

TEST_CASE("run: --json is one object with the stable keys", "[cli]") {
  const Place place;
  const Finished finished = place.run({"run", "m", "--json", "--seed", "7", "hello"});
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
  const Json object = Json::parse(finished.out);
  for (const char* key :
       {"v", "success", "model", "revision", "variant", "response", "finish_reason",
        "cloud_handoff", "confidence", "threshold", "provider", "provider_model",
        "provider_request_id", "usage", "timing", "memory_peak_bytes", "tool_calls", "warnings"}) {
    INFO(key);
    CHECK(object.contains(key));
  }
  for (const char* key : {"load_ms", "prefill_ms", "ttft_ms", "decode_ms", "probe_ms", "cloud_ms",
                          "total_ms", "prefill_tps", "decode_tps"})
    CHECK(object["timing"].contains(key));
  CHECK(object["v"] == 1);
  CHECK(object["success"] == true);
  CHECK(object["response"] == "hello");
  CHECK(object["confidence"].is_null());
  CHECK(object["seed"] == 7);
  CHECK(object["usage"] == Json::parse(R"({"input":10,"output":1,"cached":0})"));
  CHECK(Json::parse(place.run({"run", "m", "--json", "!call"}).out)["tool_calls"][0]["name"] ==
        "add");
  CHECK(Json::parse(place.run({"run", "m", "--json", "!think"}).out)["thought"] == "let me see");
  CHECK(Json::parse(place.run({"run", "m", "--json", "!long"}).out)["finish_reason"] == "length");

  const Finished failed = place.run({"run", "--json", "nothing", "x"});
  CHECK(failed.code == 3);
  const Json error = Json::parse(failed.out);
  CHECK(error["success"] == false);
  CHECK(error["error"]["code"] == "not_found");
  CHECK(error["error"]["exit_code"] == 3);
  CHECK(has(failed.err, "error: "));
  CHECK(Json::parse(place.run({"run", "--json", "m", "--tmep"}).out)["error"]["code"] == "usage");
}

TEST_CASE("run: --jsonl is an event a line", "[cli]") {
  const Place place;
  const auto events = lines_of(place.run({"run", "m", "--jsonl", "hello", "you"}).out);
  REQUIRE(events.size() == 5);
  CHECK(events[0]["event"] == "start");
  CHECK(events[1]["text"].get<std::string>() + events[2]["text"].get<std::string>() == "hello you");
  CHECK(events[3]["event"] == "route");
  CHECK(events[4]["event"] == "done");
  CHECK(events[4]["response"] == "hello you");
  const auto failed = lines_of(place.run({"run", "m", "--jsonl", "!fail"}).out);
  CHECK(failed.back()["event"] == "error");
  CHECK(failed.back()["code"] == "resources");
  CHECK(lines_of(place.run({"run", "m", "--jsonl", "!call"}).out)[2]["event"] == "tool_call");
}

TEST_CASE("signals: Ctrl-C, SIGTERM and SIGHUP end a run with their codes", "[cli]") {
  const Place place;
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}, {SIGHUP, 129}}) {
    Child child(place.launch({"run", "m", "!slow", "1000"}));
    REQUIRE(child.read_until("3 "));
    child.send(signal);
    const Finished finished = child.wait();
    CHECK(finished.code == code);
    CHECK(has(finished.out, "1 2 3 "));
    CHECK(finished.out.back() == '\n');
  }
  Child json(place.launch({"run", "m", "--jsonl", "!slow", "1000"}));
  REQUIRE(json.read_until("token"));
  json.send(SIGINT);
  const Finished finished = json.wait();
  CHECK(finished.code == 130);
  CHECK(lines_of(finished.out).back()["finish_reason"] == "cancelled");
}

TEST_CASE("signals: a second Ctrl-C leaves a model that does not listen", "[cli]") {
  const Place place;
  Child child(place.launch({"run", "m", "!deaf", "2000"}));
  REQUIRE(child.read_until("3 "));
  child.send(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  child.send(SIGINT);
  CHECK(child.wait().code == 130);
}

TEST_CASE("streams: a reader that goes away cancels and is no error", "[cli]") {
  const Place place;
  Child child(place.launch({"run", "m", "!slow", "3000"}));
  REQUIRE(child.read_until("1 "));
  child.close_out();
  const Finished finished = child.wait();
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
}

TEST_CASE("config: set, get, list with origins, unset; comments stay", "[cli]") {
  const Place place;
  const std::string file = (place.folder / "config/config.toml").string();
  CHECK(place.run({"config", "path"}).out == file + "\n");
  CHECK(place.run({"config", "set", "run.temp", "0.5"}).code == 0);
  write_file(file, "# mine\n" + test::read_file(file));
  CHECK(place.run({"config", "set", "run.temp", "0.7"}).code == 0);
  CHECK(test::read_file(file) == "# mine\n[run]\ntemp = 0.7\n");
  CHECK(place.run({"config", "get", "run.temp"}).out == "0.7\n");
  CHECK(place.run({"config", "get", "run.temp"}, "", {{"CACTUS_RUN_TEMP", "0.9"}}).out == "0.9\n");
  CHECK(has(place.run({"config", "list", "--origin"}).out, file + ":3\trun.temp=0.7\n"));
  CHECK(Json::parse(place.run({"config", "list", "--json"}).out)["run.temp"]["value"] == "0.7");
  CHECK(place.run({"config", "unset", "run.temp"}).code == 0);
  CHECK(place.run({"config", "get", "run.temp"}).out.empty());
  CHECK(place.run({"config", "set", "alias.short", "m"}).code == 0);
  CHECK(place.run({"run", "short", "by", "alias"}).out == "by alias\n");
  CHECK(place.run({"config", "edit"}, "", {{"EDITOR", "echo '[ui]' >"}}).code == 0);
  CHECK(test::read_file(file) == "[ui]\n");
  write_file(file, "[run]\ntmep = 1\n");
  CHECK(has(place.run({"run", "m", "hi"}).err, "did you mean 'run.temp'?"));
}

TEST_CASE("help, version and completion", "[cli]") {
  const Place place;
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{}, {"run"}, {"chat"}, {"convert"}, {"config", "set"}, {"debug"}}) {
    std::vector<std::string> brief = command, full = command;
    brief.push_back("-h");
    full.push_back("--help");
    const Finished one = place.run(brief), all = place.run(full);
    CHECK(one.code == 0);
    CHECK(lines(one.out) <= 40);
    CHECK(all.code == 0);
    CHECK(has(all.out, "Usage"));
    CHECK(one.err.empty());
  }
  CHECK(has(place.run({"help", "exit-codes"}).out, "130  cancelled"));
  CHECK(has(place.run({"help", "environment"}).out, "CACTUS_RUN_TEMP"));
  CHECK(has(place.run({"help", "formatting"}).out, "cloud_handoff"));
  CHECK(place.run({"help", "--man"}).out.rfind(".TH CACTUS 1", 0) == 0);
  CHECK(place.run({"--version"}).out.rfind("cactus 1.15.0 (weights v1.15; ", 0) == 0);
  CHECK(place.run({"-V"}).out == place.run({"--version"}).out);
  const Json version = Json::parse(place.run({"--version", "--json"}).out);
  CHECK(version["version"] == "1.15.0");
  CHECK(version["isas"].size() >= 1);
  const auto complete = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"__complete", "--"});
    return place.run(words).out;
  };
  CHECK(has(complete({"co"}), "config\t"));
  CHECK(has(complete({"co"}), "convert\t"));
  CHECK_FALSE(has(complete({""}), "__complete"));
  CHECK(has(complete({"run", "--te"}), "--temp\t"));
  CHECK(has(complete({"run", "m", "--kv", ""}), "f16\t"));
  CHECK(complete({"run", "m", "--kv=i"}) == "--kv=int8\t\n");
  CHECK(complete({"run", ""}) == ":files\n");
  CHECK(has(complete({"config", "get", "run.te"}), "run.temp\t"));
  CHECK(complete({"config", "set", "run.temp", ""}).empty());
  CHECK(has(complete({"help", "exit"}), "exit-codes\t"));
}

TEST_CASE("chat: from a pipe, a line is a turn", "[cli]") {
  const Place place;
  const Finished finished =
      place.run({"chat", "m"}, "hello\n!fail\n!count\n/undo\n!count\n/nonsense\n/exit\nno\n");
  CHECK(finished.code == 0);
  CHECK(finished.out == "hello\n3\n3\n");
  CHECK(has(finished.err, "too long"));
  CHECK(has(finished.err, "no command '/nonsense'"));
  // A saved conversation goes on.
  CHECK(place.run({"chat", "m", "--session", "work"}, "one\ntwo\n").code == 0);
  CHECK(place.run({"chat", "m", "--session", "work"}, "!count\n").out == "5\n");
  CHECK(place.run({"chat", "m"}, "/load work\n!count\n").out == "7\n");
}
