#include "cli/local_tools/places.h"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "cli/suggest.h"
#include "engine/base/utf8.h"

namespace cactus::cli {
namespace {

// Lower case, without accents, everything but letters, digits and + - : / a single space.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const utf8::Decoded decoded = utf8::decode(text.substr(at));
    at += decoded.length;
    utf8proc_int32_t parts[8];
    int boundary = 0;
    const auto count = utf8proc_decompose_char(
        static_cast<utf8proc_int32_t>(decoded.code_point), parts, 8,
        static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD),
        &boundary);
    if (decoded.code_point == U'ø' || decoded.code_point == U'Ø') {
      out += 'o';
      continue;
    }
    if (decoded.code_point == U'ł' || decoded.code_point == U'Ł') {
      out += 'l';
      continue;
    }
    for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, 8); ++i) {
      const auto c = static_cast<char32_t>(parts[i]);
      const bool kept = (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || c == U'+' ||
                        c == U'-' || c == U':' || c == U'/' || c > 0x7f;
      if (kept) {
        utf8::append(out, c);
      } else if (!out.empty() && out.back() != ' ') {
        out += ' ';
      }
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  std::replace(name.begin(), name.end(), '-', ' ');
  return name;
}

bool listed(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t bar = std::min(list.find('|'), list.size());
    if (list.substr(0, bar) == name) return true;
    list.remove_prefix(std::min(bar + 1, list.size()));
  }
  return false;
}

// "utc+5:30", "gmt-3", "utc+0530".
std::optional<std::int32_t> fixed_offset(std::string_view text) {
  if (!text.starts_with("utc") && !text.starts_with("gmt")) return std::nullopt;
  text.remove_prefix(3);
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  int hours = 0, minutes = 0;
  const char* end = text.data() + text.size();
  auto [stop, code] = std::from_chars(text.data(), end, hours);
  const auto digits = stop - text.data();
  if (code != std::errc() || digits > 4 || hours < 0) return std::nullopt;
  if (digits > 2) {
    minutes = hours % 100;
    hours /= 100;
  } else if (stop != end && *stop == ':') {
    const auto more = std::from_chars(stop + 1, end, minutes);
    if (more.ec != std::errc()) return std::nullopt;
    stop = more.ptr;
  }
  if (stop != end || hours > 14 || minutes < 0 || minutes > 59) return std::nullopt;
  return sign * (hours * 3600 + minutes * 60);
}

// Leading capitals for a name typed in small letters; "utc" and "est" in capitals.
std::string shown_name(std::string_view text) {
  const bool small =
      std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!small) return std::string(text);
  std::string shown;
  const bool letters_only = text.size() <= 4 && std::all_of(text.begin(), text.end(), [](char c) {
                              return c >= 'a' && c <= 'z';
                            });
  static constexpr std::string_view kSpoken[] = {
      "oslo", "rome", "lima", "bern", "cork", "nice", "bonn", "bali", "doha", "riga",
      "baku", "kiev", "kyiv", "lyon", "linz", "graz", "pisa", "bari", "brno", "fez",
      "goa",  "pune", "iran", "iraq", "oman", "laos", "cuba", "peru", "fiji", "male",
      "suva", "utah", "ohio", "iowa", "maui", "reno", "mesa", "cali", "rio",  "java",
      "xian", "togo", "mali", "guam", "chad", "niue"};
  const bool place = std::find(std::begin(kSpoken), std::end(kSpoken), text) != std::end(kSpoken);
  bool begins = true;
  for (const char c : text) {
    const bool letter = c >= 'a' && c <= 'z';
    shown += letter && (begins || (letters_only && !place)) ? static_cast<char>(c - 'a' + 'A') : c;
    begins = c == ' ' || c == '-' || c == '/' || c == '_';
  }
  return shown;
}

class Finder {
 public:
  explicit Finder(const ZoneFiles& files) : files_(files) {}

  Result<Place> find(std::string_view text) {
    const std::string key = plain(text);
    std::vector<std::string> names = candidates(key);
    if (const std::size_t comma = text.find(','); comma != std::string_view::npos)  // Paris, France
      for (std::string& name : candidates(plain(text.substr(0, comma))))
        if (!name.empty()) names.push_back(std::move(name));
    for (const std::string& name : names) {
      if (const auto seconds = fixed_offset(name))
        return Place{Zone::fixed(*seconds, shown_name(text)), shown_name(text)};
      CACTUS_TRY(zone, exact(name));
      if (!zone.empty()) return open(zone, shown_name(text));
    }
    if (const char* why = several_zones(key))
      return make_error(ErrorKind::usage, shown_name(text) + " has several time zones", why,
                        "a town in it");
    return misspelt(text, key);
  }

  Result<Place> open(const std::string& zone, std::string shown) {
    if (zone.starts_with("UTC"))
      return Place{Zone::fixed(fixed_offset("utc" + zone.substr(3)).value_or(0), zone),
                   std::move(shown)};
    CACTUS_TRY(bytes, files_.read(zone));
    CACTUS_TRY(parsed, Zone::parse(bytes, zone));
    return Place{std::move(parsed), std::move(shown)};
  }

 private:
  // The whole, then without what people add: "time", "the", ", France", "city".
  static std::vector<std::string> candidates(const std::string& key) {
    std::vector<std::string> all = {key};
    const auto add = [&](std::string name) {
      if (!name.empty() && std::find(all.begin(), all.end(), name) == all.end())
        all.push_back(name);
    };
    for (std::size_t i = 0; i < all.size() && all.size() < 12; ++i) {
      const std::string name = all[i];
      for (const std::string_view lead : {"the ", "in ", "city of "})
        if (name.starts_with(lead)) add(name.substr(lead.size()));
      for (const std::string_view tail :
           {" time zone", " timezone", " local time", " standard time", " time", " city", " zone",
            " usa", " us"})
        if (name.ends_with(tail)) add(name.substr(0, name.size() - tail.size()));
    }
    return all;
  }

  // The zone's name, or nothing.
  Result<std::string> exact(const std::string& name) {
    const std::string bare = spaced(name);
    for (const ZoneNames& row : place_table())
      if (listed(row.names, bare)) return std::string(row.zone);
    CACTUS_CHECK(load());
    for (const std::string& zone : names_) {
      const std::string lower = spaced(plain_zone(zone));
      const std::size_t slash = lower.rfind('/');
      if (lower == bare || (slash != std::string::npos && !zone.starts_with("Etc/") &&
                            std::string_view(lower).substr(slash + 1) == bare))
        return zone;
    }
    return std::string();
  }

  static std::string plain_zone(const std::string& zone) {
    std::string lower = zone;
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return lower;
  }

  Status load() {
    if (!names_.empty()) return ok_status();
    CACTUS_TRY(names, files_.names());
    // Towns of the continents before old names like US/Samoa.
    std::stable_partition(names.begin(), names.end(), [](const std::string& name) {
      return !name.starts_with("US/") && !name.starts_with("Canada/") && !name.starts_with("Etc/");
    });
    names_ = std::move(names);
    return ok_status();
  }

  static const char* several_zones(const std::string& key) {
    static constexpr std::string_view kCountries =
        "usa|us|united states|america|the united states|canada|brazil|russia|australia|indonesia|"
        "united states of america|u s|north america|europe|asia|africa|south america";
    return listed(kCountries, key) ? "the clock differs from one end of it to the other" : nullptr;
  }

  Result<Place> misspelt(std::string_view text, const std::string& key) {
    CACTUS_CHECK(load());
    std::vector<std::string> all;
    for (const ZoneNames& row : place_table()) {
      std::string_view rest = row.names;
      while (!rest.empty()) {
        const std::size_t bar = std::min(rest.find('|'), rest.size());
        all.emplace_back(rest.substr(0, bar));
        rest.remove_prefix(std::min(bar + 1, rest.size()));
      }
    }
    for (const std::string& zone : names_) {
      const std::string lower = spaced(plain_zone(zone));
      all.push_back(lower.substr(lower.rfind('/') + 1));
    }
    const std::string near = key.size() < 100 ? closest(key, all) : std::string();
    // One letter in five is a slip; more is another place.
    if (!near.empty() && key.size() >= 5 && edit_distance(key, near) == 1) {
      CACTUS_TRY(zone, exact(near));
      if (!zone.empty()) return open(zone, shown_name(near));
    }
    return make_error(ErrorKind::usage, "no town or time zone is called " + in_quotes(text),
                      near.empty() ? "its table has the larger towns, and the names of time zones"
                                   : "did you mean " + in_quotes(shown_name(near)) + "?",
                      "a larger town nearby, or a zone such as Europe/Berlin or UTC+2");
  }

  const ZoneFiles& files_;
  std::vector<std::string> names_;
};

}  // namespace

Result<Place> find_place(std::string_view text, const ZoneFiles& files) {
  Finder finder(files);
  const std::string key = plain(text);
  if (!key.empty() && key != "here" && key != "local" && key != "local time" && key != "my time") {
    if (key.size() > 200)
      return make_error(ErrorKind::usage, "no town or time zone is called " + in_quotes(text));
    return finder.find(text);
  }
  const std::string local = files.local_name();
  if (!local.empty())
    if (auto place = finder.open(local, "here")) return place;
  if (const auto bytes = files.local_file())
    if (auto zone = Zone::parse(*bytes, "local")) return Place{std::move(zone).value(), "here"};
  return Place{Zone::fixed(0, "UTC"), "here"};
}

}  // namespace cactus::cli
