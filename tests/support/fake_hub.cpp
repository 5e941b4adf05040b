// fake_hub: a Hugging Face hub on loopback for trying things by hand (hub_server.h as a program).
// It prints "HF_ENDPOINT=http://127.0.0.1:PORT" and then obeys the lines on its standard input:
//
//   commit ORG/NAME FOLDER [BRANCH]       the folder's files; prints the commit
//   tag ORG/NAME TAG COMMIT
//   access ORG/NAME open|private|gated|pending
//   accept TOKEN [ORG/NAME]               a valid token, which has accepted those terms
//   info ORG/NAME JSON                    members to add to what is said about it
//   fault KIND WHERE TIMES [BYTES]        cut stall drip 429 503 wrong html gzip norange; -1:
//   always clear                                 no more faults rate BYTES a second, of each large
//   file's answer requests                              prints and forgets what was asked
//
//   mkfifo /tmp/hub; build/dev/tests/fake_hub < /tmp/hub & exec 3> /tmp/hub
//   echo "commit google/gemma-tiny tests/fixtures/gemma4_text" >&3
#include <iostream>
#include <sstream>

#include "tests/support/hub_server.h"

using namespace cactus::test;

namespace {

// The repository, made when it is first named.
HubRepo& repository(HubServer& hub, const std::string& id) {
  static std::map<std::string, HubRepo*> known;
  HubRepo*& repo = known[id];
  if (repo == nullptr) repo = &hub.add(id);
  return *repo;
}

bool set_access(HubRepo& repo, const std::string& access) {
  using Access = HubRepo::Access;
  const std::map<std::string, Access> all = {{"open", Access::open},
                                             {"private", Access::needs_token},
                                             {"gated", Access::gated},
                                             {"pending", Access::pending}};
  if (!all.contains(access)) return false;
  repo.set_access(all.at(access));
  return true;
}

bool inject(HubServer& hub, std::istream& words) {
  std::string kind;
  Fault fault;
  words >> kind >> fault.where >> fault.times;
  if (words.fail()) return false;
  words >> fault.bytes;
  using Kind = Fault::Kind;
  const std::map<std::string, Kind> all = {
      {"cut", Kind::cut},           {"stall", Kind::stall},          {"drip", Kind::drip},
      {"429", Kind::status},        {"503", Kind::status},           {"html", Kind::html},
      {"wrong", Kind::wrong_bytes}, {"norange", Kind::ignore_range}, {"gzip", Kind::gzip}};
  if (!all.contains(kind)) return false;
  fault.kind = all.at(kind);
  if (kind == "429") {
    fault.status = 429;
    fault.headers = {{"Retry-After", "2"}};
  }
  fault.second_host = fault.where.starts_with("/cdn/");
  hub.inject(fault);
  return true;
}

bool obey(HubServer& hub, const std::string& line) {
  std::istringstream words(line);
  std::string verb, id, a, b;
  words >> verb;
  if (verb == "fault") return inject(hub, words);
  if (verb == "clear") {
    hub.clear_faults();
    return true;
  }
  if (verb == "requests") {
    for (const SeenRequest& request : hub.requests())
      std::cout << (request.second_host ? "  second host  " : "  ") << request.method << " "
                << request.target << "\n";
    hub.forget_requests();
    return true;
  }
  words >> id;
  if (verb == "rate") {
    hub.set_rate(std::stoull(id));
    return true;
  }
  if (verb == "accept") {
    std::set<std::string> gated;
    while (words >> a) gated.insert(a);
    hub.accept(id, gated);
    return true;
  }
  if (id.empty()) return false;
  HubRepo& repo = repository(hub, id);
  if (verb == "info") {
    std::getline(words >> std::ws, a);
    repo.set_info(a);
    return true;
  }
  words >> a;
  if (verb == "access") return set_access(repo, a);
  if (verb == "commit") {
    if (!(words >> b)) b = "main";
    std::cout << repo.commit_folder(a, b) << "\n";
    return true;
  }
  if (verb != "tag" || !(words >> b)) return false;
  repo.tag(a, b);
  return true;
}

}  // namespace

int main() {
  HubServer hub;
  std::cout << "HF_ENDPOINT=" << hub.endpoint() << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
    bool understood = false;
    try {
      understood = line.empty() || obey(hub, line);
    } catch (const std::exception& error) {
      std::cout << error.what() << ": ";
    }
    if (!understood) std::cout << "not understood: " << line << "\n";
    std::cout.flush();
  }
  return 0;
}
