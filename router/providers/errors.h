// What providers mean when they say no: one table for all protocols.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "router/provider.h"
#include "router/providers/retry_after.h"

namespace cactus::providers {

// What an error body or an error event says, whatever its shape: {"error": {…}}, [{"error": {…}}],
// {"error": "text"}, {"message": …}, {"detail": …}.
struct Complaint {
  std::string message;
  std::string code,
      type;  // "insufficient_quota", "overloaded_error", "RESOURCE_EXHAUSTED"; may be empty
  std::string reason;      // of google.rpc.ErrorInfo: "API_KEY_INVALID"
  int status = 0;          // an HTTP status given as a number inside the body
  Wait retry_after;        // of google.rpc.RetryInfo
  bool daily = false;      // a quota of the day is used up
  bool moderated = false;  // the question, or an answer, was filtered
  std::string request_id;
};
Complaint read_complaint(const Json& body);

// An answer with an HTTP status other than 2xx, or the error event of a stream that began with 200
// (`status` 0). Message and ids are as the provider wrote them: safe_error() makes them fit to
// show.
CloudError error_of(int status, const Complaint& complaint);

// A whole HTTP answer other than 2xx.
CloudError error_of(int status, const net::Headers& headers, std::string_view body, WallTime now);

}  // namespace cactus::providers
