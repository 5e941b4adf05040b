// fake_provider: a cloud provider for tests and for trying things by hand. It speaks the protocols
// of Anthropic, OpenAI (Responses and Chat Completions) and Gemini, by the path it is asked at.
//
//   fake_provider --port-file F [--fault NAME] [--times N] [--text TEXT] [--tool] [--key KEY-FILE]
//                 [--tokens IN,OUT,CACHED] [--pace MS] [--redirect URL] [--plain | --ca-file F]
//                 [--log F]
//
// --port-file F   where it writes "https://127.0.0.1:PORT\n" once it listens (renamed into place)
// --fault NAME    what goes wrong (--faults lists the names); --times N: for the first N calls only
// --tool          answers with a call of get_weather({"city": "Paris"})
// --key F         only the key in file F is accepted (a key is never an argument)
// --plain         http:// instead of https://
// --ca-file F     where it writes its certificate authority, for SSL_CERT_FILE
// --log F         appends a JSON line for each request: method, path, body, and whether a key came
// It runs until SIGTERM or SIGINT. By hand:
//
//   build/dev/tests/fake_provider --port-file /tmp/p --ca-file /tmp/ca --fault rate-limit --times 1
//   & SSL_CERT_FILE=/tmp/ca ANTHROPIC_BASE_URL=$(cat /tmp/p) ANTHROPIC_API_KEY=x cactus run --cloud
//   …
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/provider_server.h"

using namespace cactus::test;

namespace {

volatile std::sig_atomic_t ended = 0;

struct Flags {
  ProviderServerOptions server;
  std::string port_file, ca_file, log;
  bool plain = false;
};

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void publish(const std::string& path, const std::string& text) {
  {
    std::ofstream out(path + ".new", std::ios::binary);
    out << text;
  }
  std::filesystem::rename(path + ".new", path);
}

// The flags, or a complaint.
std::optional<std::string> parse(int count, char** words, Flags& flags) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--plain") {
      flags.plain = true;
      continue;
    }
    if (word == "--tool") {
      flags.server.answer.calls_tool = true;
      continue;
    }
    if (i + 1 == count) return word + " needs a value";
    const std::string value = words[++i];
    if (word == "--fault") {
      const auto fault = fault_named(value);
      if (!fault) return "no fault " + value;
      flags.server.fault = *fault;
    } else if (word == "--times") {
      flags.server.times = std::atoi(value.c_str());
    } else if (word == "--text") {
      flags.server.answer.text = value;
    } else if (word == "--pace") {
      flags.server.pace = std::chrono::milliseconds(std::atoi(value.c_str()));
    } else if (word == "--key") {
      flags.server.key = file_text(value);
    } else if (word == "--redirect") {
      flags.server.redirect_to = value;
    } else if (word == "--port-file") {
      flags.port_file = value;
    } else if (word == "--ca-file") {
      flags.ca_file = value;
    } else if (word == "--log") {
      flags.log = value;
    } else if (word == "--tokens") {
      long long in = 0, out = 0, cached = 0;
      if (std::sscanf(value.c_str(), "%lld,%lld,%lld", &in, &out, &cached) != 3)
        return "--tokens needs IN,OUT,CACHED";
      flags.server.answer.input = in;
      flags.server.answer.output = out;
      flags.server.answer.cached = cached;
    } else {
      return "no flag " + word;
    }
  }
  if (flags.port_file.empty()) return "--port-file is needed";
  return {};
}

void log_requests(const std::vector<ReceivedRequest>& requests, std::size_t from,
                  const std::string& path) {
  std::ofstream out(path, std::ios::binary | std::ios::app);
  for (std::size_t i = from; i < requests.size(); ++i) {
    const ReceivedRequest& r = requests[i];
    const bool key = r.headers.count("x-api-key") + r.headers.count("x-goog-api-key") +
                         r.headers.count("authorization") >
                     0;
    out << nlohmann::ordered_json{{"method", r.method},
                                  {"path", r.path},
                                  {"key", key},
                                  {"body", r.body}}
               .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
        << "\n";
  }
}

}  // namespace

int main(int count, char** words) {
  if (count == 2 && std::string(words[1]) == "--faults") {
    for (const Fault fault : all_faults())
      std::printf("%s\n", std::string(fault_name(fault)).c_str());
    return 0;
  }
  Flags flags;
  if (const auto complaint = parse(count, words, flags)) {
    std::fprintf(stderr, "fake_provider: %s\n", complaint->c_str());
    return 2;
  }
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { ended = 1; });
  std::optional<TlsIdentity> identity;
  if (!flags.plain) identity.emplace();
  if (identity && !flags.ca_file.empty())
    publish(flags.ca_file, file_text(identity->ca_file()) + "\n");
  ProviderServer server(flags.server, identity ? &*identity : nullptr);
  publish(flags.port_file, server.url() + "\n");
  std::size_t logged = 0;
  while (true) {
    const bool last = ended != 0;
    if (const auto requests = server.requests(); !flags.log.empty() && requests.size() > logged) {
      log_requests(requests, logged, flags.log);
      logged = requests.size();
    }
    if (last) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}
