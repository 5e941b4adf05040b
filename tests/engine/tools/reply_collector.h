// A whole reply from pieces, for tests.
#pragma once
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/tools/reply_parser.h"
#include "engine/tools/tool_call.h"

namespace cactus {

struct CollectedReply {
  std::string text, thought;
  Json calls = Json::array();
  std::vector<std::string> notices;
  bool whole_code_points = true;
  bool operator==(const CollectedReply&) const = default;
};

inline ReplyEventSink collect_into(CollectedReply& reply) {
  return [&reply](const ReplyEvent& event) {
    if (!utf8::is_valid(event.text)) reply.whole_code_points = false;
    switch (event.kind) {
      case ReplyEventKind::text:
        reply.text += event.text;
        break;
      case ReplyEventKind::thought:
        reply.thought += event.text;
        break;
      case ReplyEventKind::notice:
        reply.notices.emplace_back(event.text);
        break;
      case ReplyEventKind::tool_call:
        reply.calls.push_back({{"name", event.name}, {"arguments", *event.arguments}});
        break;
      case ReplyEventKind::lacking:
        reply.notices.push_back("lacks " + std::string(event.text));
    }
  };
}

// Parses pieces; a piece that is one of `specials` is a control token.
inline CollectedReply parse_pieces(const ReplyFormat& format,
                                   const std::vector<std::string>& pieces,
                                   MarkerSource source = MarkerSource::any_text,
                                   const std::vector<std::string>& specials = {},
                                   bool thinking = false) {
  CollectedReply reply;
  ReplyParser parser(format, collect_into(reply), thinking, source);
  for (const std::string& piece : pieces) {
    bool special = false;
    for (const std::string& s : specials) special = special || s == piece;
    parser.feed({piece, special});
  }
  parser.finish();
  return reply;
}

// `text` with every occurrence of a special as a piece of its own and the rest in pieces of `size`.
inline std::vector<std::string> tokens_of(const std::string& text,
                                          const std::vector<std::string>& specials,
                                          std::size_t size) {
  std::vector<std::string> pieces;
  std::string plain;
  auto flush = [&] {
    for (std::size_t i = 0; i < plain.size(); i += size) pieces.push_back(plain.substr(i, size));
    plain.clear();
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::string* found = nullptr;
    for (const std::string& s : specials) {
      if (text.compare(i, s.size(), s) == 0) found = &s;
    }
    if (found == nullptr) {
      plain += text[i++];
      continue;
    }
    flush();
    pieces.push_back(*found);
    i += found->size();
  }
  flush();
  return pieces;
}

inline const ReplyFormat& format_with(const std::vector<std::string>& known) {
  return choose_reply_format([&known](std::string_view text) {
    for (const std::string& k : known) {
      if (k == text) return true;
    }
    return false;
  });
}

}  // namespace cactus
