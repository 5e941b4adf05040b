// One call of RemoteFile::read: requests until the range is there.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "hub/fetch/remote_file.h"

namespace cactus::hub {

class RangeRead {
 public:
  RangeRead(RemoteFile& remote, std::uint64_t begin, std::uint64_t end,
            const RemoteFile::Sink& sink, const ReadOptions& options)
      : remote_(remote), at_(begin), end_(end), sink_(sink), options_(options) {}

  Status run();

 private:
  // What a request leads to: another one at once, another one after a pause, the end.
  enum class Next { again, wait, fail };

  Next request();
  Next judge(const net::Exchange& exchange, const std::string& link);
  bool start(const net::Response& response, bool from_hub);
  bool whole(const net::Response& response);
  bool take(std::string_view bytes);
  bool is_slow();
  Next fail(Error error);
  Next changed(std::string why);

  RemoteFile& remote_;
  std::uint64_t at_;  // of the next byte wanted
  const std::uint64_t end_;
  const RemoteFile::Sink& sink_;
  const ReadOptions& options_;

  // Of the request under way.
  std::uint64_t skip_ = 0;  // bytes that come before at_
  bool repeat_ = false;     // ask again at once, otherwise
  bool refused_ = false;    // by the sink
  bool bounded_ = false;    // the answer holds nothing after end_
  std::chrono::steady_clock::time_point window_start_;
  std::uint64_t window_bytes_ = 0;

  int failed_ = 0, new_links_ = 0, repeats_ = 0;  // in a row, without a byte
  net::Exchange last_;
  std::optional<Error> error_;
};

}  // namespace cactus::hub
