#include "cli/local_tools/units.h"

#include <algorithm>

#include "cli/local_tools/quantity.h"
#include "cli/local_tools/tool.h"
#include "cli/suggest.h"

namespace cactus::cli {
namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

struct Spelling {
  std::string_view what, by;
};
constexpr Spelling kSpellings[] = {
    {"²", "2"},         {"³", "3"},         {"^2", "2"},        {"^3", "3"},
    {"metre", "meter"}, {"Metre", "meter"}, {"litre", "liter"}, {"Litre", "liter"},
    {"gramme", "gram"}, {" per ", "/"},     {"º", "°"},         {"\t", " "},
    {"\n", " "},
};
constexpr Spelling kLeads[] = {
    {"sq. ", "square "}, {"sq ", "square "}, {"cu. ", "cubic "}, {"cu ", "cubic "}};

// One spelling of a unit's name: British letters, powers, "per", dots and spaces. Keeps the case.
std::string normalised(std::string_view name) {
  std::string text(name);
  for (const Spelling& spelling : kSpellings)
    text = replaced(std::move(text), spelling.what, spelling.by);
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ' || out.back() == '/')) continue;
    if (c == '/' && !out.empty() && out.back() == ' ') out.pop_back();
    out += c;
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.' || out.back() == '?'))
    out.pop_back();
  for (const std::string_view lead : {"a ", "an ", "the ", "of "})
    if (out.starts_with(lead) && out.size() > lead.size() + 1) out.erase(0, lead.size());
  for (const Spelling& lead : kLeads)
    if (out.starts_with(lead.what)) out = std::string(lead.by) + out.substr(lead.what.size());
  if (out.ends_with(" squared")) out = "square " + out.substr(0, out.size() - 8);
  if (out.ends_with(" cubed")) out = "cubic " + out.substr(0, out.size() - 6);
  return out;
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return text;
}

// "square meters" → "square meter", "miles/hours" → "mile/hour".
std::string singular(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool last = i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '/';
    std::size_t word = out.find_last_of(" /");
    word = word == std::string::npos ? out.size() : out.size() - word - 1;
    if (text[i] == 's' && last && word >= 3 && out.substr(out.size() - word) != "celsiu") continue;
    out += text[i];
  }
  return out;
}

template <class Visit>
void each_alias(const MeasureUnit& unit, Visit visit) {
  std::string_view rest = unit.aliases;
  while (!rest.empty()) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    visit(rest.substr(0, bar));
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
}

template <class Matches>
std::vector<const MeasureUnit*> matching(Matches matches) {
  std::vector<const MeasureUnit*> found;
  for (const MeasureUnit& unit : all_units()) {
    bool hit = false;
    each_alias(unit, [&](std::string_view alias) { hit = hit || matches(std::string(alias)); });
    if (hit) found.push_back(&unit);
  }
  return found;
}

Rational factor_of(const MeasureUnit& unit) {
  const std::size_t slash = unit.factor.find('/');
  if (slash == std::string_view::npos) return Rational::parse(unit.factor);
  return Rational::parse(unit.factor.substr(0, slash)) /
         Rational::parse(unit.factor.substr(slash + 1));
}

bool is_currency(std::string_view text) {
  const std::string word = singular(lowered(normalised(text)));
  static constexpr std::string_view kWords[] = {
      "dollar",  "euro",     "usd",   "eur",   "gbp",  "yen", "jpy",
      "rupee",   "inr",      "franc", "chf",   "yuan", "cny", "pound sterling",
      "bitcoin", "btc",      "peso",  "krona", "won",  "$",   "€",
      "£",       "us dollar"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

Error unknown_unit(std::string_view text) {
  if (is_currency(text))
    return unworkable("exchange rates change every day, and this tool has no network",
                      "a web site of your bank; then 'what is 45 * 1.08'");
  return unworkable("it does not know the unit " + in_quotes(text),
                    "a unit of length, mass, volume, temperature, …: 'convert 5 miles to km'");
}

}  // namespace

std::vector<const MeasureUnit*> find_units(std::string_view text, bool* corrected) {
  if (corrected != nullptr) *corrected = false;
  if (text.size() > 100) return {};
  const std::string exact = normalised(text);
  auto found = matching([&](const std::string& alias) { return alias == exact; });
  // The exact symbol first, then what differs in case or number: "mb" may be either.
  const std::string loose = lowered(exact), one = singular(loose);
  for (const MeasureUnit* unit : matching([&](const std::string& alias) {
         const std::string lower = lowered(alias);
         return lower == loose || lower == one;
       }))
    if (std::find(found.begin(), found.end(), unit) == found.end()) found.push_back(unit);
  if (!found.empty() || loose.size() < 5) return found;
  std::size_t least = loose.size() >= 8 ? 2 : 1;
  for (const MeasureUnit& unit : all_units()) {
    each_alias(unit, [&](std::string_view alias) {
      const std::string lower = lowered(std::string(alias));
      if (lower.size() < 4) return;
      const std::size_t distance = std::min(edit_distance(loose, lower), edit_distance(one, lower));
      if (distance > least) return;
      if (distance < least) found.clear();
      least = distance;
      if (std::find(found.begin(), found.end(), &unit) == found.end()) found.push_back(&unit);
    });
  }
  if (corrected != nullptr) *corrected = !found.empty();
  return found;
}

Result<Conversion> convert(const Rational& value, std::string_view from, std::string_view to) {
  Conversion result{};
  const auto sources = find_units(from, &result.corrected_from);
  const auto targets = find_units(to, &result.corrected_to);
  if (sources.empty()) return unknown_unit(from);
  if (targets.empty()) return unknown_unit(to);
  // "20 degrees in fahrenheit" means another kind of degree, "5 calories in calories" the same.
  const bool one_name = normalised(from) == normalised(to);
  for (const bool same_allowed : {one_name, true}) {
    for (const MeasureUnit* source : sources) {
      for (const MeasureUnit* target : targets) {
        if (source->dimension != target->dimension || result.from != nullptr) continue;
        if (source == target && !same_allowed) continue;
        result.from = source;
        result.to = target;
      }
    }
  }
  if (result.from == nullptr)
    return unworkable("'" + std::string(from) + "' measures " +
                          std::string(dimension_name(sources[0]->dimension)) + ", '" +
                          std::string(to) + "' " +
                          std::string(dimension_name(targets[0]->dimension)),
                      "two units of one kind, like miles and km");
  const MeasureUnit &source = *result.from, &target = *result.to;
  const Rational base_offset = Rational::parse(source.offset);
  if ((source.inverse || target.inverse) && value.is_zero())
    return unworkable("a consumption of zero has no inverse");
  Rational base =
      source.inverse ? factor_of(source) / value : (value + base_offset) * factor_of(source);
  if (source.dimension == Dimension::temperature && base.is_negative())
    return unworkable("nothing is colder than absolute zero (-273.15 °C, -459.67 °F)");
  result.value = target.inverse ? factor_of(target) / base
                                : base / factor_of(target) - Rational::parse(target.offset);
  result.exact = (!source.rounded && !target.rounded) || &source == &target;
  return result;
}

std::pair<std::string, bool> converted_text(const Conversion& conversion) {
  const Rational& value = conversion.value;
  constexpr int kExactDigits = 10, kDigits = 6, kWholeDigits = 15;
  const int decimals = exact_decimals(value, 12);
  if (decimals >= 0) {
    const std::string text = fixed_text(value, decimals);
    const auto significant =
        std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (significant <= kExactDigits || (decimals == 0 && significant <= kWholeDigits))
      return {text, !conversion.exact};
  }
  const std::size_t whole = value.floor().abs().text().size();
  const int digits = whole > kDigits && whole <= kWholeDigits ? static_cast<int>(whole) : kDigits;
  return {rounded_text(value, digits), true};
}

}  // namespace cactus::cli
