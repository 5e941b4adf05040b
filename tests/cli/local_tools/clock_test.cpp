// Time zones, places and times of day.
#include "cli/local_tools/clock.h"

#include "cli/local_tools/places.h"
#include "cli/local_tools/time_words.h"
#include "tests/cli/local_tools/environment.h"
#include "tests/support/catch.h"

using namespace cactus;
using namespace cactus::cli;

namespace {

std::int64_t utc(int year, int month, int day, int hour = 0, int minute = 0) {
  return to_days({year, month, day}) * 86'400 + hour * 3'600 + minute * 60;
}

std::string clock(const std::string& text) {
  const auto time = read_time(text);
  if (!time) return "error: " + time.error().why;
  return clock_text(time->minutes, false) + (time->date.empty() ? "" : " " + time->date);
}

}  // namespace

TEST_CASE("time of day: what people say", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"3pm", "15:00"},
      {"3 pm", "15:00"},
      {"3:30pm", "15:30"},
      {"3:30 p.m.", "15:30"},
      {"3.30pm", "15:30"},
      {"15:30", "15:30"},
      {"15h30", "15:30"},
      {"15h", "15:00"},
      {"1530", "15:30"},
      {"0800", "08:00"},
      {"0800 hours", "08:00"},
      {"8", "08:00"},
      {"12am", "00:00"},
      {"12pm", "12:00"},
      {"12:30am", "00:30"},
      {"noon", "12:00"},
      {"midday", "12:00"},
      {"midnight", "00:00"},
      {"24:00", "00:00"},
      {"00:05", "00:05"},
      {"half past two", "02:30"},
      {"half past 2 pm", "14:30"},
      {"quarter to five", "04:45"},
      {"a quarter past nine", "09:15"},
      {"ten past three", "03:10"},
      {"twenty-five to six", "05:35"},
      {"five minutes to one", "00:55"},
      {"half two", "02:30"},
      {"quarter to midnight", "23:45"},
      {"three o'clock", "03:00"},
      {"3 o’clock", "03:00"},
      {"8 in the morning", "08:00"},
      {"seven in the evening", "19:00"},
      {"three in the afternoon", "15:00"},
      {"12 at night", "00:00"},
      {"10 at night", "22:00"},
      {"eight thirty", "08:30"},
      {"eight oh five", "08:05"},
      {"at 7:45 am", "07:45"},
      {"15:30:10", "15:30"},
      {"3pm tomorrow", "15:00 tomorrow"},
      {"3pm on 1 March", "15:00 1 march"},
      {"noon today", "12:00 today"},
      {"15:30 pm", "15:30"},
      {"3PM", "15:00"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(clock(text) == expected);
  }
  for (const char* text : {"", "25:00", "12:60", "purple", "pm", "half past", "\xff", "99", "-3",
                           "1:2:3:4:5:6", ":", "24:30", "9999999999"}) {
    INFO(text << " -> " << clock(text));
    CHECK(clock(text).find("error: ") == 0);
  }
  CHECK(clock_text(0, true) == "12:00 am");
  CHECK(clock_text(750, true) == "12:30 pm");
  CHECK(clock_text(815, true) == "1:35 pm");
}

TEST_CASE("zone: changes to and from daylight time, half hours, both hemispheres", "[cli]") {
  MemoryZones zones;
  const auto at = [&](const char* name, std::int64_t time) {
    return Zone::parse(*zones.read(name), name)->at(time).seconds / 60;
  };
  CHECK(at("Europe/Berlin", utc(2026, 3, 29, 0, 59)) == 60);
  CHECK(at("Europe/Berlin", utc(2026, 3, 29, 1, 0)) == 120);
  CHECK(at("Europe/Berlin", utc(2026, 10, 25, 0, 59)) == 120);
  CHECK(at("Europe/Berlin", utc(2026, 10, 25, 1, 0)) == 60);
  CHECK(at("America/New_York", utc(2026, 3, 8, 6, 59)) == -300);
  CHECK(at("America/New_York", utc(2026, 3, 8, 7, 0)) == -240);
  CHECK(at("America/New_York", utc(2026, 11, 1, 6, 0)) == -300);
  CHECK(at("Australia/Sydney", utc(2026, 1, 15)) == 660);
  CHECK(at("Australia/Sydney", utc(2026, 7, 15)) == 600);
  CHECK(at("Australia/Lord_Howe", utc(2026, 1, 15)) == 660);
  CHECK(at("Australia/Lord_Howe", utc(2026, 7, 15)) == 630);
  CHECK(at("Asia/Kolkata", utc(2026, 7, 15)) == 330);
  CHECK(at("Asia/Kathmandu", utc(2026, 7, 15)) == 345);
  CHECK(at("America/St_Johns", utc(2026, 7, 15)) == -150);
  // A leap year, and a year far away.
  CHECK(at("Europe/Berlin", utc(2400, 7, 1)) == 120);
}

TEST_CASE("zone: the table of past changes goes before the rule", "[cli]") {
  const ZoneSource source{{{1'000, 1}, {2'000, 0}, {3'000, 2}},
                          {{3'600, false, "AAA"}, {7'200, true, "BBB"}, {-3'600, false, "CCC"}},
                          "DDD5"};
  const auto zone = Zone::parse(tzif(source), "X");
  REQUIRE(zone);
  CHECK(zone->at(-5'000).abbreviation == "AAA");
  CHECK(zone->at(999).abbreviation == "AAA");
  CHECK(zone->at(1'000).abbreviation == "BBB");
  CHECK(zone->at(2'500).abbreviation == "AAA");
  CHECK(zone->at(3'000).seconds == -18'000);  // after the last change the rule is in force
}

TEST_CASE("zone: local times that are skipped or happen twice", "[cli]") {
  MemoryZones zones;
  const auto berlin = Zone::parse(*zones.read("Europe/Berlin"), "Europe/Berlin");
  const auto skipped = berlin->to_utc(utc(2026, 3, 29, 2, 30));
  CHECK(skipped.kind == Zone::Kind::skipped);
  CHECK(skipped.utc == utc(2026, 3, 29, 1, 30));  // as if the clock had not changed yet
  const auto twice = berlin->to_utc(utc(2026, 10, 25, 2, 30));
  CHECK(twice.kind == Zone::Kind::twice);
  CHECK(twice.utc == utc(2026, 10, 25, 0, 30));
  for (int hour = 0; hour < 24 * 365; ++hour) {  // there and back, every hour of a year
    const std::int64_t local = utc(2027, 1, 1) + hour * 3'600;
    const auto instant = berlin->to_utc(local);
    if (instant.kind == Zone::Kind::skipped) continue;
    if (instant.utc + berlin->at(instant.utc).seconds != local) FAIL(hour);
  }
}

TEST_CASE("zone: damaged files and rules are refused", "[cli]") {
  const std::string good = tzif_of_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  for (std::size_t length = 0; length + 30 < good.size(); ++length)
    CHECK_FALSE(Zone::parse(good.substr(0, length), "X"));
  std::string wild = good;
  for (std::size_t i = 20; i < 44; ++i) wild[i] = '\xff';
  CHECK_FALSE(Zone::parse(wild, "X"));
  for (const char* rule :
       {"", "A", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "<+3", "CET-1CEST,J0,J5", "UTC0 "})
    CHECK_FALSE(parse_posix_zone(rule));
  const auto julian = parse_posix_zone("AAA0BBB,J60,J300");
  REQUIRE(julian);
  CHECK(julian->is_daylight(utc(2028, 3, 1, 3)));  // J60 is 1 March, in leap years too
  CHECK_FALSE(julian->is_daylight(utc(2028, 2, 29, 12)));
  CHECK(parse_posix_zone("AAA0BBB,59,300/-2:30")->is_daylight(utc(2027, 3, 1, 3)));
}

TEST_CASE("places: towns, countries, zones and slips", "[cli]") {
  MemoryZones zones;
  const auto zone = [&](const char* text) {
    const auto place = find_place(text, zones);
    return place ? place->zone.name() : "error: " + place.error().what;
  };
  CHECK(zone("Tokyo") == "Asia/Tokyo");
  CHECK(zone("tokyo time") == "Asia/Tokyo");
  CHECK(zone("Osaka, Japan").find("Asia/Tokyo") == 0);
  CHECK(zone("Japan") == "Asia/Tokyo");
  CHECK(zone("New York") == "America/New_York");
  CHECK(zone("New York City") == "America/New_York");
  CHECK(zone("New York time") == "America/New_York");
  CHECK(zone("Washington, D.C.") == "America/New_York");
  CHECK(zone("San Francisco") == "America/Los_Angeles");
  CHECK(zone("Eastern time") == "America/New_York");
  CHECK(zone("US Pacific time") == "America/Los_Angeles");
  CHECK(zone("Mumbai") == "Asia/Kolkata");
  CHECK(zone("São Paulo") == "America/Sao_Paulo");
  CHECK(zone("sao paulo") == "America/Sao_Paulo");
  CHECK(zone("München") == "Europe/Berlin");
  CHECK(zone("the UK") == "Europe/London");
  CHECK(zone("europe/berlin") == "Europe/Berlin");
  CHECK(zone("America/New York") == "America/New_York");
  CHECK(zone("Tokio") == "Asia/Tokyo");
  CHECK(zone("UTC") == "UTC+0");
  CHECK(zone("GMT") == "UTC+0");
  CHECK(zone("EST") == "UTC-5");
  CHECK(find_place("UTC+5:30", zones)->zone.at(0).seconds == 19'800);
  CHECK(find_place("gmt-3", zones)->zone.at(0).seconds == -10'800);
  CHECK(find_place("utc+0545", zones)->zone.at(0).seconds == 20'700);
  CHECK(zone("") == "Europe/Berlin");
  CHECK(zone("here") == "Europe/Berlin");
  CHECK(zone("Mordor").find("error: no town") == 0);
  CHECK(zone("USA").find("several time zones") != std::string::npos);
  CHECK(zone("../../etc/passwd").find("error: ") == 0);
  CHECK(zone("UTC+99").find("error: ") == 0);
  CHECK(zone("\xff\xfe").find("error: ") == 0);
  CHECK(find_place(std::string(5'000, 'a'), zones).error().kind == ErrorKind::usage);
  zones.files.clear();
  CHECK(find_place("Tokyo", zones).error().kind == ErrorKind::resources);
  CHECK(zone("UTC+2").find("error") == std::string::npos);  // needs no database
  CHECK(zone("") == "UTC");
}

TEST_CASE("places: every zone of the table is one of the database", "[cli]") {
  const auto names = system_environment().zones->names();
  if (!names || names->size() < 300) {
    WARN("skipped: this machine has no whole time zone database");
    return;
  }
  for (const ZoneNames& row : place_table()) {
    INFO(row.zone);
    const bool fixed = row.zone.starts_with("UTC");
    CHECK((fixed || std::binary_search(names->begin(), names->end(), std::string(row.zone))));
  }
  for (const std::string& name : *names) {
    INFO(name);
    const auto bytes = system_environment().zones->read(name);
    REQUIRE(bytes);
    const auto zone = Zone::parse(*bytes, name);
    REQUIRE(zone);
    for (int year : {1850, 1945, 1999, 2026, 2050, 2500}) {
      const auto seconds = zone->at(utc(year, 7, 1)).seconds;
      CHECK((seconds >= -16 * 3'600 && seconds <= 16 * 3'600));
    }
  }
}

TEST_CASE("current_time", "[cli]") {
  World world;
  CHECK(world.say("current_time", Json::object()) ==
        "It is 19:40 on Tuesday, 24 November 2026 here (UTC+1)");
  CHECK(world.say("current_time", {{"place", "Tokyo"}}) ==
        "It is 03:40 on Wednesday, 25 November 2026 in Tokyo (UTC+9)");
  CHECK(world.say("current_time", {{"place", "india"}}) ==
        "It is 00:10 on Wednesday, 25 November 2026 in India (UTC+5:30)");
  CHECK(world.say("current_time", {{"place", "UTC"}}) ==
        "It is 18:40 on Tuesday, 24 November 2026 in UTC");
  const auto answer = world.ok("current_time", {{"place", "new york"}});
  CHECK(answer.value["time"] == "2026-11-24T13:40:00-05:00");
  CHECK(answer.value["zone"] == "America/New_York");
  CHECK(answer.sentence.find("in New York") != std::string::npos);
}

TEST_CASE("convert_time", "[cli]") {
  World world;
  const auto say = [&](const char* time, const char* from, const char* to) {
    return world.say("convert_time", {{"time", time}, {"from", from}, {"to", to}});
  };
  CHECK(say("3pm", "Berlin", "Tokyo") ==
        "3:00 pm in Berlin is 11:00 pm in Tokyo (the same day; Tokyo is 8 hours ahead)");
  CHECK(say("15:30", "Tokyo", "London") ==
        "15:30 in Tokyo is 06:30 in London (the same day; London is 9 hours behind)");
  CHECK(say("22:00", "Berlin", "Kathmandu") ==
        "22:00 in Berlin is 02:45 in Kathmandu (the next day; Kathmandu is 4 hours 45 minutes "
        "ahead)");
  CHECK(say("01:00", "Berlin", "New York").find("19:00 in New York (the day before") !=
        std::string::npos);
  CHECK(say("noon", "Berlin", "Paris").find("the same time as Berlin") != std::string::npos);
  // Summer time differs between the two for two weeks of March.
  CHECK(say("3pm on 10 March 2026", "New York", "Berlin").find("8:00 pm in Berlin") !=
        std::string::npos);
  CHECK(say("3pm on 10 February 2026", "New York", "Berlin").find("9:00 pm in Berlin") !=
        std::string::npos);
  CHECK(say("2:30 on 29 March 2026", "Berlin", "UTC").find("clocks skip 02:30") !=
        std::string::npos);
  CHECK(say("2:30 on 25 October 2026", "Berlin", "UTC").find("two such times") !=
        std::string::npos);
  CHECK(say("now", "Berlin", "Tokyo").find("19:40 in Berlin is 03:40") == 0);
  CHECK(world.fail("convert_time", {{"time", "3pm"}, {"from", "Mordor"}, {"to", "Tokyo"}}).what ==
        "no town or time zone is called 'Mordor'");
  CHECK(world.fail("convert_time", {{"time", "soon"}, {"from", "Berlin"}, {"to", "Tokyo"}}).what ==
        "cannot read the time 'soon'");
  CHECK(world.fail("convert_time", {{"time", "3pm blurb"}, {"from", "Berlin"}, {"to", "Tokyo"}})
            .why.find("'blurb'") != std::string::npos);
}
