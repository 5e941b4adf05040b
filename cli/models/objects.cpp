#include "cli/models/objects.h"

namespace cactus::cli {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

Json installed_object(const hub::Store& store, const hub::Installed& installed) {
  const hub::Record& r = installed.record;
  return {{"name", r.name},
          {"variant", r.variant},
          {"version", installed.version()},
          {"tag", text_or_null(r.tag)},
          {"commit", r.commit},
          {"repository", r.repository},
          {"revision", text_or_null(r.revision)},
          {"format", r.format},
          {"licence", text_or_null(r.licence)},
          {"bytes", r.bytes},
          {"path", installed.bundle.string()},
          {"pinned", r.pinned},
          {"current", installed.current},
          {"installed_at", r.installed / 1'000'000'000},
          {"last_used", installed.last_used == 0 ? Json() : Json(installed.last_used)},
          {"status", state_name(store.state(installed))}};
}

Json plan_object(const hub::Plan& plan) {
  Json files = Json::array();
  if (plan.published())
    for (const hub::TreeFile& file : plan.files)
      files.push_back({{"path", file.path}, {"bytes", file.size}});
  return {{"name", plan.name.repository},
          {"variant", plan.name.variant},
          {"version", plan.version()},
          {"tag", text_or_null(plan.tag)},
          {"commit", plan.commit},
          {"repository", plan.repository},
          {"convert", !plan.published()},
          {"licence", text_or_null(plan.info.licence)},
          {"fetch_bytes", plan.fetch_bytes},
          {"disk_bytes", plan.disk_bytes},
          {"files", files},
          {"notes", plan.notes}};
}

}  // namespace cactus::cli
