// A model from the hub onto this machine: says what it costs, asks, fetches, tests.
#pragma once
#include "cli/models/hub.h"
#include "hub/install/install.h"

namespace cactus::cli {

struct FetchFlags {
  bool yes = false;         // do not ask
  bool ask = false;         // ask on a terminal (run); download is asked for by being typed
  bool again = false;       // --reconvert
  bool keep_source = false;
  bool bars = true;
  int threads = 0, jobs = 0;  // 0: settings, defaults
};

// One line about a plan: `google/gemma-4-E2B-it:int4 @v1.15 · 2.9 GB · 41 GB free · license gemma`.
std::string plan_line(const hub::Plan& plan, const hub::Store& store);

// Errors: those of hub::make_plan and hub::install; cancelled (nothing said) when the answer was no.
Result<hub::InstallReport> fetch_model(Context& context, const hub::ModelName& name,
                                       const FetchFlags& flags);
// The same for a plan that has been shown.
Result<hub::InstallReport> carry_out(Context& context, Hub& hub, const hub::Plan& plan,
                                     const FetchFlags& flags, class InstallDisplay& display);
// Takes away the versions of NAME:VARIANT that `now` replaces, those in use and pinned ones excepted.
void remove_replaced(Context& context, const hub::Store& store, const hub::Installed& now);

}  // namespace cactus::cli
