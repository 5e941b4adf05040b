#include "engine/convert/workplace.h"

#include "engine/base/json.h"
#include "engine/weights/manifest.h"

namespace cactus {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJournal = ".convert-journal";
constexpr std::uint64_t kJournalLimit = 256 << 20;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

bool is_empty_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) && fs::is_empty(path, error) && !error;
}

std::string tensor_line(const TensorInfo& t) {
  return dump_json({{"name", t.name}, {"offset", t.offset}, {"size", t.size}, {"hash", t.hash}}) +
         "\n";
}

// The tensor of one line; nothing when the line is torn.
std::optional<TensorInfo> parse_line(std::string_view line) {
  const Result<Json> json = parse_json(line, "journal");
  if (!json || !json->is_object() || !json->contains("name") || !json->contains("offset") ||
      !json->contains("size") || !json->contains("hash")) {
    return {};
  }
  const Json &name = (*json)["name"], &offset = (*json)["offset"], &size = (*json)["size"],
             &hash = (*json)["hash"];
  if (!name.is_string() || !offset.is_number_unsigned() || !size.is_number_unsigned() ||
      !hash.is_string()) {
    return {};
  }
  TensorInfo t;
  t.name = name.get<std::string>();
  t.offset = offset.get<std::uint64_t>();
  t.size = size.get<std::uint64_t>();
  t.hash = hash.get<std::string>();
  return t;
}

// DEST exists. Fine when it may be replaced, or when it is this conversion and only the journal is
// left to remove (then true).
Result<bool> check_destination(const fs::path& destination, const std::string& key, bool force) {
  if (is_empty_folder(destination)) return false;
  if (!is_there(destination / kManifestFile)) {
    return make_error(ErrorKind::usage, destination.string() + " exists and is not a bundle", "",
                      "choose another destination, or move it away");
  }
  const Result<std::string> journal = read_file(destination / kJournal, kJournalLimit);
  if (journal && journal->starts_with(key + "\n")) return true;
  if (force) return false;
  return make_error(ErrorKind::usage, destination.string() + " is a bundle already", "",
                    "choose another destination, or replace it with --force");
}

// A folder in the way of DEST.partial that is not a conversion's.
Status check_partial(const fs::path& partial) {
  const bool ours = !is_there(partial) || is_there(partial / kJournal) || is_empty_folder(partial) ||
                    is_there(partial / kManifestFile);
  if (ours) return ok_status();
  return make_error(ErrorKind::usage, partial.string() + " is in the way",
                    "it is no unfinished conversion",
                    "move it away, or choose another destination");
}

}  // namespace

Workplace::Workplace(fs::path destination, fs::path folder, File journal)
    : destination_(std::move(destination)),
      folder_(std::move(folder)),
      journal_(std::move(journal)) {}

Result<Workplace> Workplace::open(const fs::path& requested, const std::string& key, bool force) {
  std::error_code error;
  fs::path destination = fs::absolute(requested, error).lexically_normal();
  if (!destination.has_filename()) destination = destination.parent_path();
  if (error || !destination.has_filename()) {
    return make_error(ErrorKind::usage, "\"" + requested.string() + "\" is no place for a bundle");
  }
  fs::path partial = destination;
  partial += ".partial";
  bool finished = false;
  if (is_there(destination)) {
    CACTUS_TRY(already, check_destination(destination, key, force));
    finished = already;
  }
  if (!finished) {
    CACTUS_CHECK(check_partial(partial));
    // Without a journal it is the bundle that an earlier --force replaced.
    if (is_there(partial) && !is_there(partial / kJournal)) CACTUS_CHECK(remove_tree(partial));
    CACTUS_CHECK(make_folders(partial));
  }
  const fs::path& folder = finished ? destination : partial;
  CACTUS_TRY(journal, File::open(folder / kJournal, File::Mode::write));
  CACTUS_TRY(locked, journal.try_lock());
  if (!locked || !is_there(folder / kJournal)) {  // or it has just ended and moved the folder
    return make_error(ErrorKind::usage,
                      "another conversion to " + destination.string() + " is running", "",
                      "wait for it, or choose another destination");
  }
  Workplace place(destination, folder, std::move(journal));
  if (finished) {
    CACTUS_CHECK(remove_tree(destination / kJournal));
    place.finished_ = true;
    return place;
  }
  CACTUS_CHECK(place.load(key));
  return place;
}

// All but the weights and the journal: files beside the weights are written again at the end, and
// what a killed run was writing aside must not be published.
Status Workplace::sweep() const {
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const fs::path name = at->path().filename();
    if (name != kJournal && name != kWeightsFile) CACTUS_CHECK(remove_tree(at->path()));
  }
  return error ? Status(file_error("read", folder_, error.value())) : ok_status();
}

Status Workplace::load(const std::string& key) {
  key_ = key;
  CACTUS_CHECK(sweep());
  CACTUS_TRY(text, read_file(folder_ / kJournal, kJournalLimit));
  std::string_view rest = text;
  const std::string head = key + "\n";
  if (!rest.starts_with(head)) {
    CACTUS_CHECK(journal_.truncate(0));
    return append(head);
  }
  rest.remove_prefix(head.size());
  journal_size_ = head.size();
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    std::optional<TensorInfo> tensor = parse_line(rest.substr(0, end));
    if (!tensor) break;
    journalled_.push_back(std::move(*tensor));
    journal_size_ += end + 1;
    rest.remove_prefix(end + 1);
  }
  return ok_status();
}

Status Workplace::append(const std::string& line) {
  CACTUS_CHECK(journal_.write_at(journal_size_, std::as_bytes(std::span(line))));
  journal_size_ += line.size();
  return ok_status();
}

Status Workplace::keep(std::size_t count) {
  journalled_.resize(std::min(count, journalled_.size()));
  std::string text = key_ + "\n";
  for (const TensorInfo& t : journalled_) text += tensor_line(t);
  CACTUS_CHECK(journal_.truncate(text.size()));
  journal_size_ = 0;
  return append(text);
}

Status Workplace::record(const TensorInfo& tensor) {
  return append(tensor_line(tensor));
}

Status Workplace::publish() {
  if (is_there(destination_) && !is_empty_folder(destination_)) {
    CACTUS_CHECK(exchange_folders(folder_, destination_));
    CACTUS_CHECK(remove_tree(folder_));
  } else {
    CACTUS_CHECK(rename_durably(folder_, destination_));  // over an empty folder too
  }
  CACTUS_CHECK(remove_tree(destination_ / kJournal));
  return sync_folder(destination_);
}

}  // namespace cactus
