// current_time and convert_time.
#include <cstdlib>

#include "cli/local_tools/clock.h"
#include "cli/local_tools/date_words.h"
#include "cli/local_tools/local_tools.h"
#include "cli/local_tools/places.h"
#include "cli/local_tools/time_words.h"

namespace cactus::cli {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

std::string iso_time(const LocalTime& time) {
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const int offset = std::abs(time.offset.seconds) / 60;
  return iso_text(time.date) + "T" + clock_text(time.minutes, false) + ":" + two(time.seconds) +
         (time.offset.seconds < 0 ? "-" : "+") + two(offset / 60) + ":" + two(offset % 60);
}

Json described(const Place& place, const LocalTime& time) {
  return {{"place", place.shown},
          {"zone", place.zone.name()},
          {"time", iso_time(time)},
          {"abbreviation", time.offset.abbreviation}};
}

std::string in_place(const Place& place) {
  return place.shown == "here" ? "here" : "in " + place.shown;
}

// "Tokyo is 8 hours ahead".
std::string difference(const Place& from, const Place& to, std::int32_t seconds) {
  const std::string name = to.shown == "here" ? "it" : to.shown;
  if (seconds == 0) return "the same time as " + from.shown;
  const int minutes = std::abs(seconds) / 60;
  std::string text = minutes >= 60 ? counted_noun(minutes / 60, "hour") : "";
  if (minutes % 60 != 0) text += (text.empty() ? "" : " ") + counted_noun(minutes % 60, "minute");
  return name + " is " + text + (seconds > 0 ? " ahead" : " behind");
}

}  // namespace

std::string offset_text(std::int32_t seconds) {
  const int minutes = std::abs(seconds) / 60;
  std::string text = "UTC";
  if (minutes == 0) return text;
  text += (seconds < 0 ? "-" : "+") + std::to_string(minutes / 60);
  if (minutes % 60 != 0) text += (minutes % 60 < 10 ? ":0" : ":") + std::to_string(minutes % 60);
  return text;
}

Result<LocalTime> local_time(const Zone& zone, std::int64_t utc) {
  LocalTime time;
  time.offset = zone.at(utc);
  const std::int64_t local = utc + time.offset.seconds;
  const std::int64_t days =
      local >= 0 ? local / kDaySeconds : -((kDaySeconds - 1 - local) / kDaySeconds);
  const auto date = from_days(days);
  if (!date)
    return make_error(ErrorKind::usage, "that time is outside of the calendar",
                      "it goes from the year 1 to 9999");
  time.date = *date;
  const auto rest = static_cast<int>(local - days * kDaySeconds);
  time.minutes = rest / 60;
  time.seconds = rest % 60;
  return time;
}

Result<Date> today(const ToolEnvironment& environment) {
  const std::int64_t now = environment.now();
  auto here = find_place("", *environment.zones);
  const Zone zone = here ? here->zone : Zone::fixed(0, "UTC");
  CACTUS_TRY(time, local_time(zone, now));
  return time.date;
}

Result<ToolAnswer> run_current_time(const Arguments& arguments,
                                    const ToolEnvironment& environment) {
  CACTUS_TRY(text, arguments.text("place", false));
  CACTUS_TRY(place, find_place(text, *environment.zones));
  CACTUS_TRY(time, local_time(place.zone, environment.now()));
  ToolAnswer answer;
  answer.value = described(place, time);
  answer.value["weekday"] = weekday_name(weekday_of(time.date));
  const std::string offset = offset_text(time.offset.seconds);
  answer.sentence = "It is " + clock_text(time.minutes, false) + " on " + long_text(time.date) +
                    " " + in_place(place) + (place.shown == offset ? "" : " (" + offset + ")");
  return answer;
}

Result<ToolAnswer> run_convert_time(const Arguments& arguments,
                                    const ToolEnvironment& environment) {
  CACTUS_TRY(text, arguments.text("time"));
  CACTUS_TRY(from_text, arguments.text("from"));
  CACTUS_TRY(to_text, arguments.text("to"));
  auto spoken = read_time(text);
  if (!spoken) {
    Error error = std::move(spoken).error();
    error.what = "cannot read the time " + in_quotes(text);
    return error;
  }
  CACTUS_TRY(from, find_place(from_text, *environment.zones));
  CACTUS_TRY(to, find_place(to_text, *environment.zones));
  CACTUS_TRY(here, local_time(from.zone, environment.now()));
  Date date = here.date;
  if (!spoken->date.empty()) {
    auto day = read_date(spoken->date, {here.date, here.date, Missing::upcoming});
    if (!day)
      return make_error(ErrorKind::usage, "cannot read the time " + in_quotes(text),
                        in_quotes(spoken->date) + " is neither a part of a time nor a date",
                        "a time like '3pm' or '15:30'");
    date = day->date;
  }
  Zone::Instant instant;
  if (spoken->now) {
    instant.utc = environment.now();
  } else {
    instant = from.zone.to_utc(to_days(date) * kDaySeconds + spoken->minutes * 60);
  }
  CACTUS_TRY(there, local_time(to.zone, instant.utc));
  CACTUS_TRY(source, local_time(from.zone, instant.utc));
  const bool half_days = spoken->twelve_hours;
  ToolAnswer answer;
  answer.value = {{"from", described(from, source)}, {"to", described(to, there)}};
  const std::int64_t days = to_days(there.date) - to_days(source.date);
  std::string day = days == 0 ? "the same day" : days > 0 ? "the next day" : "the day before";
  if (!spoken->date.empty()) day = long_text(there.date);
  answer.sentence = clock_text(source.minutes, half_days) + " " + in_place(from) + " is " +
                    clock_text(there.minutes, half_days) + " " + in_place(to) + " (" + day + "; " +
                    difference(from, to, there.offset.seconds - source.offset.seconds) + ")";
  if (instant.kind == Zone::Kind::skipped) {
    answer.value["note"] = "skipped";
    answer.sentence += "; clocks skip " + clock_text(spoken->minutes, half_days) + " " +
                       in_place(from) + " that day";
  } else if (instant.kind == Zone::Kind::twice) {
    answer.value["note"] = "twice";
    answer.sentence += "; clocks go back that day, and this is the first of two such times";
  }
  return answer;
}

}  // namespace cactus::cli
