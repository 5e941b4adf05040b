// What reaches a terminal: sanitising, Markdown, numbers.
#include <random>

#include "cli/output/text_sink.h"
#include "cli/render/format.h"
#include "cli/render/markdown.h"
#include "cli/render/sanitise.h"
#include "engine/base/utf8.h"
#include "tests/support/catch.h"

using namespace cactus::cli;

namespace {

std::string in_pieces(const std::string& text, std::size_t size) {
  Sanitiser sanitiser;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += size) out += sanitiser.feed(text.substr(i, size));
  return out + sanitiser.finish();
}

std::string styled(const std::string& text, std::size_t size) {
  MarkdownStyler styler;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += size) out += styler.feed(text.substr(i, size));
  return out + styler.finish();
}

// Styles as letters, so that expectations can be read.
std::string readable(std::string text) {
  const std::pair<const char*, const char*> names[] = {{"\x1b[1m", "<b>"},
                                                       {"\x1b[22m", "</b>"},
                                                       {"\x1b[36m", "<c>"},
                                                       {"\x1b[39m", "</c>"},
                                                       {"\x1b[2m", "<d>"}};
  for (const auto& [code, name] : names)
    for (std::size_t at; (at = text.find(code)) != std::string::npos;)
      text.replace(at, std::string(code).size(), name);
  return text;
}

}  // namespace

TEST_CASE("sanitise: what moves a terminal is taken out, text stays", "[cli]") {
  CHECK(sanitise("plain\ttext\nhé 世界 😀") == "plain\ttext\nhé 世界 😀");
  CHECK(sanitise("a\x1b[31mred\x1b[0m b") == "ared b");
  CHECK(sanitise("a\x1b]0;title\x07 b") == "a b");
  CHECK(sanitise("a\x1b]52;c;ZXZpbA==\x1b\\b") == "ab");
  CHECK(sanitise("a\x1bP1$r\x1b\\b\x1b_apc\x1b\\c\x1b^pm\x1b\\d") == "abcd");
  CHECK(sanitise("a\x1b(0b\x1b=c\x1b#8d") == "abcd");
  CHECK(sanitise("\x08\x0b\x0c\r\x7f\a!") == "!");
  CHECK(sanitise("a\xc2\x9b"
                 "31mb\xc2\x9d"
                 "0;t\x07"
                 "c\xc2\x85"
                 "d") == "abcd");  // C1 as UTF-8
  CHECK(sanitise("a\x1b]never ended\nnext line") == "a\nnext line");
  CHECK(sanitise("a\xff"
                 "b\xe4\xb8") ==
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd");
  CHECK(sanitise("\x1b\x1b[2Jx") == "x");
}

TEST_CASE("sanitise: incomplete code points wait for their end", "[cli]") {
  Sanitiser sanitiser;
  CHECK(sanitiser.feed("\xe4\xb8") == "");
  CHECK(sanitiser.feed("\x96!") == "世!");
  CHECK(sanitiser.feed("\xf0\x9f") == "");
  CHECK(sanitiser.finish() == "\xef\xbf\xbd");
}

TEST_CASE("sanitise: random bytes in random pieces never let an escape through", "[cli]") {
  std::mt19937 random(7);
  const std::string alphabet =
      "\x1b\x1b\x1b[]P^_X\\;0m\x07\xc2\x9b\x9d\x90\xe4\xb8\x96\n\tabc\r\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t n = random() % 60; n > 0; --n)
      text +=
          random() % 4 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    const std::string whole = in_pieces(text, text.size() + 1);
    CHECK(whole == in_pieces(text, 1 + random() % 7));
    CHECK(cactus::utf8::is_valid(whole));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const auto c = static_cast<unsigned char>(whole[i]);
      const bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
      const bool c1 = c == 0xc2 && static_cast<unsigned char>(whole[i + 1]) < 0xa0;
      if (control || c1) FAIL("escaped: round " << round);
    }
  }
}

TEST_CASE("markdown: styles while it streams, the same in any pieces", "[cli]") {
  const std::pair<const char*, const char*> cases[] = {
      {"plain text\n", "plain text\n"},
      {"a **bold** word\n", "a <b>bold</b> word\n"},
      {"2 ** 3 and a*b*c\n", "2 ** 3 and a*b*c\n"},
      {"`x = **y**` z\n", "<c>x = **y**</c> z\n"},
      {"# Title **t**\nnext\n", "<b>Title t</b>\nnext\n"},
      {"#hashtag\n", "#hashtag\n"},
      {"- one\n* two\n  - deep\n", "  • one\n  • two\n    • deep\n"},
      {"**bold** at the start\n", "<b>bold</b> at the start\n"},
      {"1. one\n12) two\n3.14 is pi\n", "  1. one\n  12) two\n3.14 is pi\n"},
      {"```python\nx = **1**\n# no title\n```\nafter\n",
       "<d>──── python ────</b>\nx = **1**\n# no title\n<d>────</b>\nafter\n"},
      {"````\n```\n````\n", "<d>────</b>\n```\n<d>────</b>\n"},
      {"open **bold\nclosed\n", "open <b>bold</b>\nclosed\n"},
      {"| a | b |\n|---|---|\n", "| a | b |\n|---|---|\n"},
      {"no newline **x", "no newline <b>x</b>"},
      {"***", "***"},
  };
  for (const auto& [text, expected] : cases)
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{1000}}) {
      INFO(text << " in pieces of " << size);
      CHECK(readable(styled(text, size)) == expected);
    }
}

TEST_CASE("extract: fenced blocks only, of one language if asked", "[cli]") {
  const std::string text = "Hi\n```python\na = 1\n```\nand\n~~~sh\nls\n~~~\n```\nplain\n```";
  CHECK(extract_code(text, "*") == "a = 1\nls\nplain\n");
  CHECK(extract_code(text, "sh") == "ls\n");
  CHECK(extract_code(text, "rust") == "");
  CHECK(extract_code("```c\nint x;", "c") == "int x;");
}

TEST_CASE("format: numbers as people read them", "[cli]") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(2'900'000'000.0) == "2.9 GB");
  CHECK(format_bytes(41e9) == "41 GB");
  CHECK(format_bytes(999'999) == "1.0 MB");
  CHECK(format_seconds(0.0042) == "4.2 ms");
  CHECK(format_seconds(0.413) == "0.41 s");
  CHECK(format_seconds(1.24) == "1.2 s");
  CHECK(format_seconds(185) == "3 min 5 s");
  CHECK(format_seconds(7800) == "2 h 10 min");
  CHECK(format_rate(40.23) == "40.2");
  CHECK(format_rate(655.4) == "655");
  CHECK(peak_memory() > 100'000);
}
