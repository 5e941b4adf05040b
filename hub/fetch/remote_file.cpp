#include "hub/fetch/remote_file.h"

#include "hub/fetch/range_read.h"
#include "hub/hf/hub_error.h"

namespace cactus::hub {

RemoteFile::RemoteFile(HubApi& api, std::string repository, std::string commit, TreeFile file)
    : api_(api),
      repository_(std::move(repository)),
      commit_(std::move(commit)),
      file_(std::move(file)) {}

Status RemoteFile::read(std::uint64_t begin, std::uint64_t end, const Sink& sink,
                        const ReadOptions& options) {
  if (begin > end || end > file_.size) {
    return make_error(ErrorKind::incompatible, file_.path + " is too short",
                      "it has " + std::to_string(file_.size) + " bytes, and bytes up to " +
                          std::to_string(end) + " are needed");
  }
  if (api_.environment().offline) return offline_error(api_.environment().endpoint);
  return RangeRead(*this, begin, end, sink, options).run();
}

std::string RemoteFile::link() const {
  const std::lock_guard lock(mutex_);
  return link_;
}

void RemoteFile::set_link(std::string link) {
  const std::lock_guard lock(mutex_);
  link_ = std::move(link);
}

void RemoteFile::forget_link(const std::string& expired) {
  const std::lock_guard lock(mutex_);
  if (link_ == expired) link_.clear();  // another thread may have a new one already
}

}  // namespace cactus::hub
