#include "cli/local_tools/zone.h"

#include <algorithm>

namespace cactus::cli {
namespace {

constexpr std::size_t kHeader = 44, kMostTransitions = 100'000;

// Big-endian fields of a buffer that may be too short.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  bool skip(std::size_t count) {
    if (count > bytes_.size()) return false;
    bytes_.remove_prefix(count);
    return true;
  }
  std::string_view take(std::size_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (const char c : take(width)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

struct Header {
  char version = 0;
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;
  std::size_t body(std::size_t time_width) const {
    return times * (time_width + 1) + types * 6 + letters + leaps * (time_width + 4) +
           standard_flags + utc_flags;
  }
};

bool read_header(Cursor& cursor, Header& header) {
  if (cursor.rest().size() < kHeader || cursor.take(4) != "TZif") return false;
  header.version = cursor.take(1)[0];
  cursor.skip(15);
  for (std::size_t* field : {&header.utc_flags, &header.standard_flags, &header.leaps,
                             &header.times, &header.types, &header.letters}) {
    *field = static_cast<std::size_t>(cursor.number(4));
    if (*field > kMostTransitions) return false;
  }
  return header.types > 0 && header.types <= 256;
}

}  // namespace

Result<Zone> Zone::parse(std::string_view bytes, std::string name) {
  const auto damaged = [&] {
    return make_error(ErrorKind::resources, "the time zone file of '" + name + "' is damaged",
                      "it is not in the format of the time zone database (TZif)",
                      "install the package tzdata again");
  };
  Cursor cursor(bytes);
  Header header;
  if (!read_header(cursor, header)) return damaged();
  std::size_t width = 4;
  if (header.version >= '2') {  // a second block with 64-bit times follows
    if (!cursor.skip(header.body(4)) || !read_header(cursor, header)) return damaged();
    width = 8;
  }
  if (cursor.rest().size() < header.body(width)) return damaged();
  Zone zone;
  zone.name_ = std::move(name);
  for (std::size_t i = 0; i < header.times; ++i) {
    const std::uint64_t raw = cursor.number(width);
    zone.transitions_.push_back(width == 8
                                    ? static_cast<std::int64_t>(raw)
                                    : static_cast<std::int32_t>(static_cast<std::uint32_t>(raw)));
  }
  for (std::size_t i = 0; i < header.times; ++i) {
    zone.types_.push_back(static_cast<std::uint8_t>(cursor.number(1)));
    if (zone.types_.back() >= header.types) return damaged();
  }
  std::vector<std::size_t> names;
  for (std::size_t i = 0; i < header.types; ++i) {
    ZoneOffset offset;
    offset.seconds = static_cast<std::int32_t>(static_cast<std::uint32_t>(cursor.number(4)));
    offset.daylight = cursor.number(1) != 0;
    names.push_back(static_cast<std::size_t>(cursor.number(1)));
    if (offset.seconds < -93'600 || offset.seconds > 93'600) return damaged();
    zone.offsets_.push_back(std::move(offset));
  }
  const std::string_view letters = cursor.take(header.letters);
  for (std::size_t i = 0; i < header.types; ++i) {
    const std::string_view from = letters.substr(std::min(names[i], letters.size()));
    zone.offsets_[i].abbreviation =
        std::string(from.substr(0, std::min<std::size_t>(from.find('\0'), 16)));
  }
  if (!std::is_sorted(zone.transitions_.begin(), zone.transitions_.end())) return damaged();
  cursor.skip(header.leaps * (width + 4) + header.standard_flags + header.utc_flags);
  if (width == 8 && cursor.take(1) == "\n") {
    const std::string_view footer = cursor.rest();
    if (const auto rule = parse_posix_zone(footer.substr(0, footer.find('\n')))) {
      zone.rule_ = *rule;
      zone.has_rule_ = true;
    }
  }
  return zone;
}

Zone Zone::fixed(std::int32_t seconds, std::string name) {
  Zone zone;
  zone.offsets_.push_back({seconds, name, false});
  zone.name_ = std::move(name);
  return zone;
}

ZoneOffset Zone::at(std::int64_t utc) const {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), utc);
  if (next == transitions_.end() && has_rule_) {
    const bool daylight = rule_.is_daylight(utc);
    return {daylight ? rule_.daylight_offset : rule_.standard_offset,
            daylight ? rule_.daylight : rule_.standard, daylight};
  }
  if (next == transitions_.begin()) return offsets_[0];
  return offsets_[types_[static_cast<std::size_t>(next - transitions_.begin()) - 1]];
}

Zone::Instant Zone::to_utc(std::int64_t local) const {
  constexpr std::int64_t kDay = 86'400;
  const std::int64_t before = at(local - kDay).seconds, after = at(local + kDay).seconds;
  const std::int64_t first = local - before, second = local - after;
  const bool first_fits = at(first).seconds == before, second_fits = at(second).seconds == after;
  if (first_fits && second_fits && first != second) return {std::min(first, second), Kind::twice};
  if (first_fits) return {first, Kind::once};
  if (second_fits) return {second, Kind::once};
  return {first, Kind::skipped};
}

}  // namespace cactus::cli
