// The command tree.
#pragma once
#include <memory>

namespace CLI {
class App;
}

namespace cactus::cli {

struct Context;

// All commands with their options; parsing one sets context.action. `context` must outlive the
// tree.
std::unique_ptr<CLI::App> make_app(Context& context);

}  // namespace cactus::cli
