#include "engine/probe/training/features.h"

#include <algorithm>
#include <cmath>

#include "kernels/pack.h"

namespace cactus::training {
namespace {

constexpr const char* kHeaderFile = "features.json";
constexpr const char* kRecordsFile = "records.jsonl";
constexpr const char* kStatesFile = "states.f16";
constexpr std::uint64_t kRecordsLimit = std::uint64_t{4} << 30;
constexpr int kFeaturesVersion = 2;  // 1 had no choice_logprob and what follows it
constexpr float kGreatestHalf = 60000;

Error broken(const std::filesystem::path& folder, const std::string& why) {
  return make_error(ErrorKind::incompatible, "'" + folder.string() + "' holds no usable answers",
                    why, "collect them again: cactus probe collect MODEL --in FILE --out FOLDER");
}

Json header_json(const FeatureHeader& h) {
  return {{"cactus", "probe-features"},
          {"version", kFeaturesVersion},
          {"model", identity_json(h.model)},
          {"variant", h.variant},
          {"layers", h.layers},
          {"fingerprints", h.fingerprints},
          {"settings", h.settings}};
}

Result<FeatureHeader> parse_header(const std::filesystem::path& folder, const std::string& text) {
  CACTUS_TRY(json, parse_json(text, kHeaderFile));
  if (!json.is_object() || json.value("cactus", Json()) != "probe-features" ||
      (json.value("version", Json()) != 1 && json.value("version", Json()) != kFeaturesVersion))
    return broken(folder, std::string(kHeaderFile) + " is not of this version");
  FeatureHeader h;
  h.choices = json["version"] == kFeaturesVersion;
  CACTUS_TRY(model, parse_identity(json.value("model", Json())));
  h.model = std::move(model);
  const Json layers = json.value("layers", Json()), prints = json.value("fingerprints", Json());
  if (!layers.is_array() || !prints.is_array() || layers.empty() ||
      layers.size() != prints.size() || layers.size() > 4096 ||
      !json.value("variant", Json()).is_string())
    return broken(folder, "its layers make no sense");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].is_number_integer() || !prints[i].is_string())
      return broken(folder, "its layers make no sense");
    h.layers.push_back(layers[i].get<std::int64_t>());
    h.fingerprints.push_back(prints[i].get<std::string>());
  }
  if (h.model.hidden < 1 || h.model.hidden > 1 << 16)
    return broken(folder, "its size makes no sense");
  h.variant = json["variant"].get<std::string>();
  h.settings = json.value("settings", Json());
  return h;
}

std::string record_line(const FeatureRecord& r) {
  const TokenStatistics& s = r.statistics;
  return dump_json({{"line", r.line},
                    {"id", r.id},
                    {"set", r.set},
                    {"split", r.split},
                    {"group", r.group},
                    {"right", r.right},
                    {"score", std::isfinite(r.score) ? Json(r.score) : Json()},
                    {"offset", r.offset},
                    {"states", r.states},
                    {"finish", r.finish},
                    {"tokens", s.tokens},
                    {"mean_logprob", s.mean_logprob},
                    {"low_logprob", s.low_logprob},
                    {"min_logprob", s.min_logprob},
                    {"mean_entropy", s.mean_entropy},
                    {"max_entropy", s.max_entropy},
                    {"choice_logprob", s.choice_logprob},
                    {"choice_entropy", s.choice_entropy},
                    {"first_choice_logprob", s.first_choice_logprob},
                    {"margin", s.margin ? Json(*s.margin) : Json()},
                    {"answer", r.answer}}) +
         "\n";
}

bool parse_record(std::string_view line, FeatureRecord& r) {
  const auto parsed = parse_json(line, "a record");
  if (!parsed || !parsed->is_object()) return false;
  const Json& json = *parsed;
  const auto integer = [&](const char* key, std::int64_t& place) {
    const Json v = json.value(key, Json());
    if (!v.is_number_integer()) return false;
    place = v.get<std::int64_t>();
    return place >= 0;
  };
  const auto number = [&](const char* key, double& place) {
    const Json v = json.value(key, Json());
    place = v.is_number() ? v.get<double>() : 0;
    return v.is_number() || v.is_null();
  };
  const auto text = [&](const char* key, std::string& place) {
    const Json v = json.value(key, Json());
    if (v.is_string()) place = v.get<std::string>();
    return v.is_string();
  };
  const Json group = json.value("group", Json());
  std::int64_t offset = 0;
  const Json right = json.value("right", Json());
  TokenStatistics& s = r.statistics;
  const bool whole =
      integer("line", r.line) && integer("offset", offset) && integer("states", r.states) &&
      integer("tokens", s.tokens) && right.is_boolean() && text("id", r.id) && text("set", r.set) &&
      text("split", r.split) && text("answer", r.answer) && text("finish", r.finish) &&
      number("score", r.score) && number("mean_logprob", s.mean_logprob) &&
      number("low_logprob", s.low_logprob) && number("min_logprob", s.min_logprob) &&
      number("mean_entropy", s.mean_entropy) && number("max_entropy", s.max_entropy) &&
      number("choice_logprob", s.choice_logprob) && number("choice_entropy", s.choice_entropy) &&
      number("first_choice_logprob", s.first_choice_logprob);
  if (!whole) return false;
  const Json margin = json.value("margin", Json());
  if (margin.is_number()) s.margin = margin.get<double>();
  r.group = group.is_string() && group != "" ? group.get<std::string>() : r.id;
  r.right = right.get<bool>();
  r.offset = static_cast<std::uint64_t>(offset);
  return true;
}

std::uint64_t bytes_of(const FeatureRecord& r, const FeatureHeader& h) {
  return static_cast<std::uint64_t>(h.layers.size()) * static_cast<std::uint64_t>(1 + r.states) *
         static_cast<std::uint64_t>(h.model.hidden) * 2;
}

// All whole lines; `end` is where the last one ends. A line that a kill cut off is left out.
bool parse_records(std::string_view text, const FeatureHeader& header, std::uint64_t state_bytes,
                   std::vector<FeatureRecord>& records, std::uint64_t& end) {
  constexpr std::int64_t kMostStates = 1 << 24;
  end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t stop = text.find('\n', at);
    if (stop == std::string_view::npos) return true;
    FeatureRecord record;
    if (!parse_record(text.substr(at, stop - at), record) || record.states > kMostStates)
      return false;
    const std::uint64_t size = bytes_of(record, header);
    if (record.offset > state_bytes || size > state_bytes - record.offset || record.offset % 2 != 0)
      return false;
    records.push_back(std::move(record));
    at = stop + 1;
    end = at;
  }
  return true;
}

std::span<const std::byte> bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

void store_state(std::span<const float> state, std::uint16_t* out) {
  float greatest = 0;
  for (const float x : state) greatest = std::max(greatest, std::abs(x));
  float scale = 1;
  while (greatest * scale > kGreatestHalf && std::isfinite(greatest)) scale /= 2;
  for (std::size_t i = 0; i < state.size(); ++i) out[i] = kernels::f32_to_f16(state[i] * scale);
}

Result<FeatureWriter> FeatureWriter::open(const std::filesystem::path& folder,
                                          const FeatureHeader& header) {
  CACTUS_CHECK(make_folders(folder));
  CACTUS_TRY(lock, File::open(folder / ".lock", File::Mode::write));
  CACTUS_TRY(locked, lock.try_lock());
  if (!locked)
    return make_error(ErrorKind::usage, "'" + folder.string() + "' is in use",
                      "another cactus probe collect writes into it");
  const std::string text = dump_json(header_json(header), 1) + "\n";
  std::error_code ignored;
  if (std::filesystem::exists(folder / kHeaderFile, ignored)) {
    CACTUS_TRY(old, read_file(folder / kHeaderFile, 16u << 20));
    if (old != text)
      return make_error(ErrorKind::usage, "'" + folder.string() + "' holds answers made otherwise",
                        "its model, prompts, layers or settings are not those of this run",
                        "another --out, or remove the folder");
  } else {
    CACTUS_CHECK(write_file_atomic(folder / kHeaderFile, text));
  }
  CACTUS_TRY(records, File::open(folder / kRecordsFile, File::Mode::write));
  CACTUS_TRY(states, File::open(folder / kStatesFile, File::Mode::write));
  CACTUS_TRY(state_bytes, states.size());
  CACTUS_TRY(lines, read_file(folder / kRecordsFile, kRecordsLimit));
  FeatureWriter writer(std::move(lock), std::move(records), std::move(states));
  std::vector<FeatureRecord> found;
  if (!parse_records(lines, header, state_bytes, found, writer.records_end_))
    return broken(folder, "one of its records is damaged");
  for (const FeatureRecord& record : found) {
    writer.done_.push_back(record.line);
    writer.states_end_ = std::max(writer.states_end_, record.offset + bytes_of(record, header));
  }
  std::sort(writer.done_.begin(), writer.done_.end());
  CACTUS_CHECK(writer.records_.truncate(writer.records_end_));
  CACTUS_CHECK(writer.states_.truncate(writer.states_end_));
  return writer;
}

Status FeatureWriter::add(FeatureRecord record, std::span<const std::uint16_t> states) {
  record.offset = states_end_;
  const std::string line = record_line(record);
  CACTUS_CHECK(states_.write_at(states_end_, std::as_bytes(states)));
  CACTUS_CHECK(records_.write_at(records_end_, bytes(line)));
  states_end_ += states.size_bytes();
  records_end_ += line.size();
  return ok_status();
}

// States first: a record never points at what is not there.
Status FeatureWriter::sync() {
  CACTUS_CHECK(states_.sync());
  return records_.sync();
}

Result<std::shared_ptr<const Features>> Features::open(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / kHeaderFile, ignored))
    return make_error(ErrorKind::not_found, "'" + folder.string() + "' holds no collected answers",
                      "there is no features.json in it",
                      "cactus probe collect MODEL --in FILE --out FOLDER");
  CACTUS_TRY(text, read_file(folder / kHeaderFile, 16u << 20));
  CACTUS_TRY(header, parse_header(folder, text));
  CACTUS_TRY(lines, read_file(folder / kRecordsFile, kRecordsLimit));
  CACTUS_TRY(states, MappedFile::open(folder / kStatesFile));
  std::vector<FeatureRecord> records;
  std::uint64_t end = 0;
  if (!parse_records(lines, header, states.bytes().size(), records, end))
    return broken(folder, "one of its records is damaged");
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.line < b.line; });
  return std::shared_ptr<const Features>(
      new Features(std::move(header), std::move(records), std::move(states)));
}

const std::uint16_t* Features::rows(const FeatureRecord& record, std::size_t index) const {
  const std::byte* begin = states_.bytes().data() + record.offset;
  return reinterpret_cast<const std::uint16_t*>(begin) +
         index * static_cast<std::size_t>(1 + record.states) * hidden();
}

Result<std::size_t> Features::layer_index(std::int64_t layer) const {
  const auto found = std::find(header_.layers.begin(), header_.layers.end(), layer);
  if (found != header_.layers.end())
    return static_cast<std::size_t>(found - header_.layers.begin());
  std::string list;
  for (const std::int64_t l : header_.layers)
    list += (list.empty() ? "" : ", ") + std::to_string(l);
  return make_error(ErrorKind::usage, "layer " + std::to_string(layer) + " was not collected",
                    "the folder has " + list);
}

}  // namespace cactus::training
