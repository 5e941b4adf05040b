#include "router/providers/protocol.h"

#include "router/providers/errors.h"

namespace cactus::providers {

std::optional<Json> event_json(const sse::Event& event, Answer& answer) {
  auto parsed = parse_json(event.data, "an event");
  if (parsed) return std::move(*parsed);
  answer.fail(CloudErrorKind::malformed, "an event of the answer is not valid JSON", true);
  return {};
}

Step stream_error(const Json& body, Answer& answer) {
  const CloudError error = error_of(0, read_complaint(body));
  return answer.fail(error);
}

Step cut_short(Answer& answer) {
  return answer.fail(CloudErrorKind::network, "the connection ended before the answer did", true);
}

}  // namespace cactus::providers
