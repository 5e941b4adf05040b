// install.json as anybody may have changed it, and what people type as a model's name: never a
// crash, and what is accepted is written and read back the same, with no way out of the store.
#include <cstdlib>
#include <string_view>

#include "hub/names/name.h"
#include "hub/store/record.h"

using namespace cactus;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto record = hub::parse_record(text, "install.json")) {
    const std::string written = hub::write_record(*record);
    const auto again = hub::parse_record(written, "install.json");
    require(again.ok() && hub::write_record(*again) == written);
    for (const std::string& part : {hub::folder_of(record->name), record->folder()})
      require(part.find('/') == std::string::npos && part.find("..") == std::string::npos);
  }
  if (const auto name = hub::parse_name(text)) {
    const auto again = hub::parse_name(name->text());
    require(again.ok() && *again == *name);
    require(hub::folder_of(name->repository).find('/') == std::string::npos);
  }
  return 0;
}
