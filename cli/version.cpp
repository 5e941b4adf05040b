#include "cli/version.h"

#include <thread>

#include "cli/build_info.h"
#include "kernels/dispatch.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

std::string chosen_isa(const std::string& force_isa) {
  const kernels::Selection selection = kernels::select_table(force_isa);
  return selection.table == nullptr ? std::string() : std::string(selection.table->name);
}

}  // namespace

BuildInfo build_info() {
  return {CACTUS_VERSION, CACTUS_WEIGHT_FORMAT, CACTUS_COMMIT, CACTUS_BUILT};
}

const char* architecture() {
#if defined(__aarch64__) || defined(_M_ARM64)
  return "arm64";
#elif defined(__x86_64__)
  return "x86_64";
#else
  return "other";
#endif
}

std::string version_line(const std::string& force_isa) {
  const BuildInfo info = build_info();
  const std::string chosen = chosen_isa(force_isa);
  std::string isas;
  for (const std::string_view isa : kernels::available_isas())
    isas += " " + (isa == chosen ? "[" + std::string(isa) + "]" : std::string(isa));
  return std::string("cactus ") + info.version + " (weights v" + info.weights + "; " +
         architecture() + ";" + isas + "; commit " + info.commit + "; built " + info.built + ")";
}

Json version_object(const std::string& force_isa) {
  const BuildInfo info = build_info();
  const kernels::Selection selection = kernels::select_table(force_isa);
  Json object = {{"v", 1},
                 {"version", info.version},
                 {"weights", info.weights},
                 {"architecture", architecture()},
                 {"isas", Json::array()},
                 {"isa", nullptr},
                 {"commit", info.commit},
                 {"built", info.built},
                 {"compiler", __VERSION__},
                 {"threads", kernels::default_threads()},
                 {"hardware_threads", std::thread::hardware_concurrency()}};
  for (const std::string_view isa : kernels::available_isas()) object["isas"].push_back(isa);
  if (selection.table != nullptr)
    object["isa"] = selection.table->name;
  else
    object["isa_error"] = selection.error;
  return object;
}

}  // namespace cactus::cli
