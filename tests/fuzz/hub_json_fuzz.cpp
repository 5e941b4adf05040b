// What the hub sends (descriptions, refs, trees, searches, accounts, Link headers) and the sidecar
// of a partial file, which lies where others may write.
#include <cstdint>
#include <cstdlib>

#include "hub/fetch/sidecar.h"
#include "hub/hf/checks.h"
#include "hub/hf/parse.h"
#include "hub/net/url.h"

using namespace cactus;
using namespace cactus::hub;

namespace {

void check_tree(std::string_view text) {
  const auto files = parse_tree(text);
  if (!files) return;
  for (const TreeFile& file : *files) {
    if (!is_safe_path(file.path) || file.path.find("..") == 0) std::abort();
    if (!is_hex(file.etag, 40) && !is_hex(file.etag, 64)) std::abort();
  }
}

void check_sidecar(std::string_view text) {
  TreeFile file;
  file.size = 100;
  file.etag = std::string(64, 'a');
  const auto sidecar = parse_sidecar(text, file);
  if (!sidecar) return;
  std::uint64_t end = 0;
  for (const Segment& s : sidecar->segments) {
    if (s.begin != end || s.end < s.begin || s.done > s.end - s.begin) std::abort();
    end = s.end;
  }
  if (end != file.size) std::abort();
  if (!parse_sidecar(write_sidecar(file, *sidecar), file)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_tree(text);
  check_sidecar(text);
  (void)parse_info(text).ok();
  (void)parse_search(text).ok();
  (void)parse_account(text).ok();
  if (const auto refs = parse_refs(text)) {
    for (const auto* list : {&refs->branches, &refs->tags})
      for (const Ref& ref : *list)
        if (!is_safe_path(ref.name) || !is_commit(ref.commit)) std::abort();
  }
  (void)next_page(text);
  (void)bare_etag(text);
  if (const auto url = net::parse_url(text)) {
    if (url->host.empty() || (url->scheme != "http" && url->scheme != "https")) std::abort();
  }
  // What a relative Location leads to stays on its host.
  const auto base = net::parse_url("https://hub.example/a/b");
  if (net::is_relative(text)) {
    const auto next = net::resolve_url(*base, text);
    if (next && !next->same_origin(*base)) std::abort();
  }
  return 0;
}
