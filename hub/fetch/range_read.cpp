#include "hub/fetch/range_read.h"

#include <algorithm>
#include <charconv>

#include "hub/hf/checks.h"
#include "hub/hf/hub_error.h"
#include "hub/hf/parse.h"
#include "hub/net/url.h"

namespace cactus::hub {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kShortSkip = 1u << 20;
constexpr int kMostNewLinks = 3, kMostRepeats = 3;
// Slower than this for so long, and a new connection is likely to be better.
constexpr auto kSlowWindow = std::chrono::seconds(30);
constexpr std::uint64_t kSlowBytes = 30 * 1024;

struct ContentRange {
  std::uint64_t first = 0, last = 0;
  std::optional<std::uint64_t> total;
};

// "bytes 0-9/100", "bytes 0-9/*"
std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (text.rfind("bytes ", 0) != 0) return {};
  const char* at = text.data() + 6;
  const char* const end = text.data() + text.size();
  ContentRange range;
  const auto first = std::from_chars(at, end, range.first);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return {};
  const auto last = std::from_chars(first.ptr + 1, end, range.last);
  if (last.ec != std::errc{} || last.ptr == end || *last.ptr != '/') return {};
  std::uint64_t total = 0;
  const auto of = std::from_chars(last.ptr + 1, end, total);
  if (of.ec == std::errc{}) range.total = total;
  return range;
}

bool is_encoded(const net::Response& response) {
  const std::string_view encoding = response.headers.get("content-encoding");
  return !encoding.empty() && !net::same_text(encoding, "identity");
}

bool is_redirect(const net::Response& response) {
  return response.status >= 300 && response.status < 400 && response.headers.has("location");
}

}  // namespace

Status RangeRead::run() {
  const HubOptions& options = remote_.api_.options();
  while (at_ < end_) {
    const std::uint64_t before = at_;
    const Next next = request();
    if (at_ > before) failed_ = new_links_ = repeats_ = 0;
    if (at_ == end_) break;
    if (next == Next::again) continue;
    if (next == Next::fail) return std::move(*error_);
    ++failed_;
    const net::Response& response = last_.response;
    const auto wait = asked_wait(response.headers).value_or(options.backoff.wait(failed_));
    if (failed_ >= options.backoff.tries || wait > options.backoff.asked_most) {
      if (!last_.answered()) return std::move(last_.error);
      if (response.ok()) {
        return make_error(ErrorKind::network, remote_.file_.path + " does not arrive",
                          "the server ends its answers early", "run the same command again");
      }
      return remote_.api_.refusal(response, remote_.repository_, remote_.commit_,
                                  remote_.file_.path);
    }
    const auto& notice = options_.notice ? options_.notice : options.notice;
    if (notice) notice(wait_notice(wait, last_));
    if (!pause(wait, options.cancel, options_.cancel))
      return make_error(ErrorKind::cancelled, "cancelled");
    if (notice) notice({});
  }
  return ok_status();
}

RangeRead::Next RangeRead::fail(Error error) {
  error_ = std::move(error);
  return Next::fail;
}

RangeRead::Next RangeRead::changed(std::string why) {
  return fail(make_error(
      ErrorKind::incompatible,
      remote_.file_.path + " of " + remote_.repository_ + " is another file than the one listed",
      std::move(why), "run the same command again"));
}

RangeRead::Next RangeRead::request() {
  HubApi& api = remote_.api_;
  const std::string link = remote_.link();
  net::Request ask = api.request(
      link.empty() ? api.resolve_url(remote_.repository_, remote_.commit_, remote_.file_.path)
                   : link);
  if (!link.empty()) ask.redirects = net::Redirects::all;
  ask.timeouts.first_byte = api.environment().download_timeout;
  ask.also_cancel = options_.cancel;
  ask.compressed = remote_.packed_;
  if (!ask.compressed) {
    ask.headers.add("Range", "bytes=" + std::to_string(at_) + "-" + std::to_string(end_ - 1));
  }
  ask.on_start = [&](const net::Response& response) { return start(response, link.empty()); };
  ask.on_body = [&](std::string_view bytes) { return take(bytes); };
  ask.max_body = 64 * 1024;  // of refusals
  skip_ = 0;
  repeat_ = refused_ = bounded_ = false;
  window_start_ = Clock::now();
  window_bytes_ = 0;
  last_ = api.client().exchange(ask);
  return judge(last_, link);
}

// The answer's status and headers are known; false stops it.
bool RangeRead::start(const net::Response& response, bool from_hub) {
  const TreeFile& file = remote_.file_;
  if (from_hub && (response.ok() || is_redirect(response))) {
    const bool linked = response.headers.has("x-linked-etag");
    const std::string_view etag =
        bare_etag(response.headers.get(linked ? "x-linked-etag" : "etag"));
    const bool known = is_hex(etag, 40) || is_hex(etag, 64);
    if (!response.headers.has("x-repo-commit") && is_web_page(response)) {
      fail(portal_error(remote_.api_.environment().endpoint));
      return false;
    }
    if (known && (linked || response.ok()) && etag != file.etag) {
      changed("its checksum differs");
      return false;
    }
  }
  if (!response.ok()) return true;  // an error's body says why
  if (is_encoded(response) && !remote_.packed_) {
    remote_.packed_ = true;
    return !(repeat_ = true);
  }
  if (response.status == 206) {
    const auto range = parse_content_range(response.headers.get("content-range"));
    if (!range || range->first != at_ || range->last >= end_) {
      changed("the server sends another range than the one asked for");
      return false;
    }
    if (range->total && *range->total != file.size) {
      changed("it has " + std::to_string(*range->total) + " bytes instead of " +
              std::to_string(file.size));
      return false;
    }
    bounded_ = true;
    return true;
  }
  return whole(response);
}

// The server sends the file from its first byte.
bool RangeRead::whole(const net::Response& response) {
  const TreeFile& file = remote_.file_;
  remote_.ignores_ranges_ = true;
  std::uint64_t length = 0;
  const std::string_view text = response.headers.get("content-length");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (!is_encoded(response) && error == std::errc{} && length != file.size) {
    changed("it has " + std::string(text) + " bytes instead of " + std::to_string(file.size));
    return false;
  }
  skip_ = at_;
  bounded_ = end_ == file.size;
  if (skip_ > kShortSkip && !options_.skip_any_length) {
    fail(make_error(ErrorKind::incompatible, "the server cannot send parts of " + file.path,
                    "it sends the whole file whatever it is asked"));
    return false;
  }
  return true;
}

bool RangeRead::is_slow() {
  const auto now = Clock::now();
  if (now - window_start_ < kSlowWindow) return false;
  const bool slow = window_bytes_ < kSlowBytes;
  window_start_ = now;
  window_bytes_ = 0;
  return slow;
}

bool RangeRead::take(std::string_view bytes) {
  window_bytes_ += bytes.size();
  const std::uint64_t skipped = std::min<std::uint64_t>(skip_, bytes.size());
  skip_ -= skipped;
  bytes.remove_prefix(static_cast<std::size_t>(skipped));
  bytes =
      bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), end_ - at_)));
  if (!bytes.empty()) {
    if (!sink_(bytes)) return !(refused_ = true);
    at_ += bytes.size();
  }
  if (is_slow()) return !(repeat_ = true);
  // An answer that ends here anyway is let end: its connection can be used again.
  return at_ < end_ || bounded_;
}

RangeRead::Next RangeRead::judge(const net::Exchange& exchange, const std::string& link) {
  if (error_) return Next::fail;
  if (at_ == end_) return Next::again;
  if (refused_) return fail(make_error(ErrorKind::cancelled, "the transfer was stopped"));
  if (repeat_ && ++repeats_ <= kMostRepeats) return Next::again;
  if (repeat_) {
    return fail(make_error(ErrorKind::network, remote_.file_.path + " does not arrive",
                           "the connection is too slow", "run the same command again"));
  }
  const net::Response& response = exchange.response;
  if (!exchange.answered()) return is_passing(exchange.reason) ? Next::wait : fail(exchange.error);
  if (is_passing(response.status)) return Next::wait;
  if (link.empty() && is_redirect(response)) {
    const auto here = net::parse_url(response.url);
    const auto there = here ? net::resolve_url(*here, response.headers.get("location")) : here;
    if (!there) return fail(there.error());
    remote_.set_link(there->text);
    if (++new_links_ > kMostNewLinks) {
      return fail(make_error(ErrorKind::network, there->host + " refuses the hub's links",
                             "even new ones", "check the clock, then run the same command again"));
    }
    return Next::again;
  }
  if (response.status == 416) return changed("it is shorter than listed");
  if (response.ok()) return Next::wait;  // it ended early
  if (!link.empty()) {
    // Signed links expire: 403 at most hosts, 400, 401, 404 or 410 at others.
    remote_.forget_link(link);
    return Next::again;
  }
  return fail(
      remote_.api_.refusal(response, remote_.repository_, remote_.commit_, remote_.file_.path));
}

}  // namespace cactus::hub
