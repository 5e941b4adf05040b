// Any bytes as what a model wrote, in every format: events are whole code points, calls have names
// and objects, and how the text is cut into pieces changes nothing.
#include <cstdint>
#include <cstdlib>

#include "engine/base/utf8.h"
#include "engine/tools/stop_matcher.h"
#include "tests/engine/tools/reply_collector.h"

using namespace cactus;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t thoughts = thought_syntaxes().size(), calls = call_syntaxes().size();
  const ReplyFormat format{
      data[0] % (thoughts + 1) < thoughts ? &thought_syntaxes()[data[0] % (thoughts + 1)] : nullptr,
      data[1] % (calls + 1) < calls ? &call_syntaxes()[data[1] % (calls + 1)] : nullptr};
  const auto source = (data[0] & 0x80) != 0 ? MarkerSource::any_text : MarkerSource::as_declared;
  const std::string text(reinterpret_cast<const char*>(data) + 3, size - 3);
  const auto whole = parse_pieces(format, {text}, source);
  require(whole.whole_code_points);
  for (const Json& call : whole.calls) {
    require(!call.at("name").get<std::string>().empty() && call.at("arguments").is_object());
  }
  std::vector<std::string> pieces;
  const std::size_t step = 1 + data[2] % 7;
  for (std::size_t i = 0; i < text.size(); i += step) pieces.push_back(text.substr(i, step));
  require(parse_pieces(format, pieces, source) == whole);

  // The same bytes with every marker as a control token.
  std::vector<std::string> specials(turn_markers().begin(), turn_markers().end());
  specials.emplace_back("<|\"|>");
  if (format.call != nullptr)
    specials.insert(specials.end(),
                    {std::string(format.call->open), std::string(format.call->close)});
  if (format.call != nullptr && !format.call->none.empty())
    specials.emplace_back(format.call->none);
  if (format.thought != nullptr) {
    specials.insert(specials.end(),
                    {std::string(format.thought->open), std::string(format.thought->close)});
  }
  const auto tokens =
      parse_pieces(format, tokens_of(text, specials, 3), MarkerSource::as_declared, specials);
  require(tokens.whole_code_points);

  StopMatcher once({"ab", "b<", "\n\n"}), cut({"ab", "b<", "\n\n"});
  std::string first = once.feed(text) + once.finish(), second;
  for (const auto& piece : pieces) second += cut.feed(piece);
  require(first == second + cut.finish());
  return 0;
}
