#include "hub/fetch/fetcher.h"

#include <algorithm>

namespace cactus::hub {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kTick{100}, kRetryLock{200};
constexpr seconds kRecordEvery{5}, kSpeedOver{10};
constexpr std::size_t kHashStep = 4u << 20;

}  // namespace

Fetcher::Fetcher(HubApi& api, const HubCache& cache, const std::string& repository,
                 const std::string& commit, const FetchOptions& options)
    : api_(api), cache_(cache), repository_(repository), commit_(commit), options_(options) {}

Status Fetcher::run(const std::vector<TreeFile>& files) {
  for (const TreeFile& file : files) {
    auto job = std::make_unique<Job>();
    job->file = file;
    job->remote = std::make_unique<RemoteFile>(api_, repository_, commit_, file);
    jobs_.push_back(std::move(job));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < std::max(1, options_.connections); ++i)
    threads.emplace_back([this] { work(); });
  threads.emplace_back([this] { check(); });

  auto recorded = Clock::now();
  while (true) {
    {
      Hold hold(mutex_);
      changed_.wait_for(hold, kTick, [&] { return stop_.load() || all_finished(); });
      if (stop_ || all_finished()) break;
    }
    const auto is_set = [](const std::atomic<bool>* flag) { return flag && flag->load(); };
    if (is_set(options_.cancel) || is_set(api_.options().cancel))
      fail(make_error(ErrorKind::cancelled, "cancelled"));
    report();
    if (Clock::now() - recorded >= kRecordEvery) {
      recorded = Clock::now();
      record(false);
    }
  }
  for (std::thread& thread : threads) thread.join();
  report();
  if (failure_) {
    record(true);
    return std::move(*failure_);
  }
  return ok_status();
}

void Fetcher::fail(Error error) {
  const Hold hold(mutex_);
  if (!failure_) failure_ = std::move(error);
  stop_ = true;
  changed_.notify_all();
}

bool Fetcher::all_finished() const {
  return std::all_of(jobs_.begin(), jobs_.end(),
                     [](const auto& job) { return job->state == Job::State::finished; });
}

// A connection.
void Fetcher::work() {
  Hold hold(mutex_);
  while (!stop_ && !all_finished()) {
    Task task;
    if (take(task)) {
      hold.unlock();
      read(task);
      hold.lock();
    } else if (Job* job = next_to_open()) {
      job->state = Job::State::opening;
      hold.unlock();
      open(*job);
      hold.lock();
    } else {
      changed_.wait_for(hold, kTick);
    }
  }
}

bool Fetcher::take(Task& task) {
  for (const auto& job : jobs_) {
    if (job->state != Job::State::open) continue;
    if (job->in_one_piece) {
      if (!job->taken.empty()) continue;
      const std::uint64_t begin = job->partial->prefix();
      job->taken.insert(begin);
      task = {job.get(), begin, job->file.size, begin, true};
      return true;
    }
    for (const Segment& s : job->partial->segments()) {
      if (s.begin + s.done == s.end || !job->taken.insert(s.begin).second) continue;
      task = {job.get(), s.begin + s.done, s.end, s.begin, false};
      return true;
    }
  }
  return false;
}

void Fetcher::read(const Task& task) {
  Job& job = *task.job;
  std::uint64_t at = task.begin;
  std::optional<Error> trouble;
  const auto sink = [&](std::string_view bytes) {
    const auto added = job.partial->write(at, bytes);
    if (!added) return !(trouble = added.error());
    at += bytes.size();
    received_ += bytes.size();
    job.done += *added;
    if ((job.unrecorded += *added) < options_.checkpoint) return true;
    job.unrecorded = 0;
    if (auto recorded = job.partial->checkpoint(); !recorded) trouble = recorded.error();
    return !trouble;
  };
  ReadOptions options{&stop_, task.in_one_piece, [this](std::string_view text) {
                        const Hold hold(mutex_);
                        notice_ = text;
                      }};
  Status status = job.remote->read(task.begin, task.end, sink, options);
  {
    const Hold hold(mutex_);
    job.taken.erase(task.mark);
    const bool no_ranges = !task.in_one_piece && job.remote->ignores_ranges();
    job.in_one_piece = job.in_one_piece || no_ranges;
    if (no_ranges && !status && status.error().kind == ErrorKind::incompatible) status = Unit{};
    if (job.partial->complete() && job.taken.empty() && job.state == Job::State::open)
      job.state = Job::State::checking;
    changed_.notify_all();
  }
  if (trouble) {
    fail(std::move(*trouble));
  } else if (!status) {
    fail(std::move(status).error());
  }
}

Job* Fetcher::next_to_open() {
  const auto now = Clock::now();
  for (const auto& job : jobs_) {
    if (job->state == Job::State::waiting) return job.get();
  }
  for (const auto& job : jobs_) {
    if (job->state == Job::State::busy && now >= job->retry) return job.get();
  }
  return nullptr;
}

void Fetcher::open(Job& job) {
  if (Status status = open_partial(job); !status) fail(std::move(status).error());
  const Hold hold(mutex_);
  changed_.notify_all();
}

Status Fetcher::open_partial(Job& job) {
  const auto path = cache_.lock_file(repository_, job.file.etag);
  const std::string task = "downloading " + repository_ + " (" + job.file.path + ")";
  auto lock = Lock::try_acquire(path, task);
  // Where the file system has no locks, the random names of partial files keep processes apart.
  if (lock && !*lock) {
    const auto owner = lock_owner(path);
    const Hold hold(mutex_);
    job.elsewhere = owner ? owner->done : 0;
    job.retry = Clock::now() + kRetryLock;
    job.state = Job::State::busy;
    return ok_status();
  }
  if (lock) {
    const Hold hold(mutex_);  // report() tells its progress through it
    job.lock = std::move(*lock);
  }
  if (cache_.has_blob(repository_, job.file)) return finish(job);  // by that other process
  auto partial =
      Partial::open(cache_.repository(repository_) / "blobs", job.file, options_.segment);
  if (!partial) return std::move(partial).error();
  const Hold hold(mutex_);
  job.partial = std::move(*partial);
  job.done = job.partial->arrived();
  resumed_ += job.done;
  job.digest.emplace(job.file);
  job.state = job.partial->complete() ? Job::State::checking : Job::State::open;
  return ok_status();
}

// The thread that hashes what has arrived without a gap.
void Fetcher::check() {
  Hold hold(mutex_);
  while (!stop_ && !all_finished()) {
    Job* const job = next_to_hash();
    if (job == nullptr) {
      changed_.wait_for(hold, kTick);
      continue;
    }
    const bool ready = job->state == Job::State::checking;
    hold.unlock();
    Status status = hash(*job);
    if (status && ready && job->hashed == job->file.size) status = conclude(*job);
    if (!status) fail(std::move(status).error());
    hold.lock();
    changed_.notify_all();
  }
}

Job* Fetcher::next_to_hash() {
  for (const auto& job : jobs_) {
    if (job->state == Job::State::checking) return job.get();
  }
  for (const auto& job : jobs_) {
    if (job->state == Job::State::open && job->partial->prefix() > job->hashed) return job.get();
  }
  return nullptr;
}

Status Fetcher::hash(Job& job) {
  const std::uint64_t end = std::min(job.partial->prefix(), job.hashed + 16 * kHashStep);
  std::vector<std::byte> buffer(static_cast<std::size_t>(
      std::min<std::uint64_t>(kHashStep, std::max<std::uint64_t>(1, end - job.hashed))));
  while (job.hashed < end && !stop_) {
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - job.hashed));
    CACTUS_CHECK(job.partial->read(job.hashed, {buffer.data(), n}));
    job.digest->update({buffer.data(), n});
    job.hashed += n;
  }
  return ok_status();
}

Status Fetcher::conclude(Job& job) {
  const std::string found = job.digest->hex();
  if (found == job.file.etag) {
    CACTUS_CHECK(job.partial->publish(cache_.blob(repository_, job.file.etag)));
    return finish(job);
  }
  if (job.second_try) {
    job.partial->discard();
    return wrong_checksum(job.file, found);
  }
  CACTUS_CHECK(job.partial->restart());
  const Hold hold(mutex_);
  job.second_try = true;
  job.digest.emplace(job.file);
  job.hashed = 0;
  job.done = 0;
  job.state = job.file.size == 0 ? Job::State::checking : Job::State::open;
  return ok_status();
}

Status Fetcher::finish(Job& job) {
  CACTUS_CHECK(cache_.link(repository_, commit_, job.file));
  const Hold hold(mutex_);
  job.lock.reset();
  job.done = job.file.size;
  job.state = Job::State::finished;
  changed_.notify_all();
  return ok_status();
}

// What has arrived becomes what the next process finds. `all`: at the end, also small amounts.
void Fetcher::record(bool all) {
  std::vector<Job*> open;
  {
    const Hold hold(mutex_);
    for (const auto& job : jobs_) {
      const bool under_way = job->state == Job::State::open || job->state == Job::State::checking;
      if (under_way && (all || job->unrecorded > 0)) open.push_back(job.get());
    }
  }
  for (Job* job : open) {
    job->unrecorded = 0;
    // On a full disk this may fail as well; the record before it still holds.
    if (Status status = job->partial->checkpoint(); !status && !all)
      fail(std::move(status).error());
  }
}

double Fetcher::speed() {
  const auto now = Clock::now();
  history_.emplace_back(now, received_.load());
  while (now - history_.front().first > kSpeedOver) history_.pop_front();
  const double time = std::chrono::duration<double>(now - history_.front().first).count();
  const auto bytes = static_cast<double>(received_ - history_.front().second);
  return time < 0.05 ? 0 : bytes / time;
}

void Fetcher::report() {
  FetchProgress progress;
  std::string notice;
  {
    const Hold hold(mutex_);
    rows_.clear();
    for (const auto& job : jobs_) {
      const bool busy = job->state == Job::State::busy;
      FileProgress row{job->file.path, busy ? job->elsewhere : job->done.load(), job->file.size,
                       job->state == Job::State::finished, busy};
      progress.done += row.done;
      progress.total += row.size;
      rows_.push_back(row);
      if (job->lock) job->lock->progress(row.done, row.size);
    }
    notice = notice_;
  }
  if (!options_.progress) return;
  progress.resumed = resumed_;
  progress.bytes_per_second = speed();
  progress.files = rows_;
  progress.notice = notice;
  options_.progress(progress);
}

}  // namespace cactus::hub
