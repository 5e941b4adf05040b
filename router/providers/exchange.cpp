#include "router/providers/exchange.h"

#include <algorithm>

#include "router/providers/errors.h"
#include "router/providers/safe_text.h"

namespace cactus::providers {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Kind = CloudErrorKind;

constexpr std::size_t kMostBytes = 32u << 20;  // of a stream, its wrapping included
constexpr std::size_t kMostUnstreamed = 8u << 20;
constexpr std::size_t kMostMessage = 300;

CloudError plain_error(Kind kind, std::string message, bool retryable = false) {
  CloudError error;
  error.kind = kind;
  error.message = std::move(message);
  error.retryable = retryable;
  return error;
}

std::string seconds(milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                  : std::to_string(time.count()) + " ms";
}

// The body of one 2xx answer, on its way through parser and decoder.
class Stream {
 public:
  Stream(const Outgoing& out, CloudEvents& sink)
      : deadlines_(out.deadlines),
        answer_(sink, std::string(out.protocol.intake().state_of), out.model),
        decoder_(out.protocol.decoder(answer_)) {}

  bool feed(std::string_view bytes);  // false: done, or failed
  bool tick();                        // false: out of time
  // Nothing more will come. `whole`: the body ended by itself, so an unfinished line counts.
  void end(bool whole);
  bool done() const { return step_ == Step::done; }
  bool failed() const { return step_ == Step::failed; }
  bool timed_out() const { return timed_out_; }
  Answer& answer() { return answer_; }
  CloudResult finish();
  CloudError error() { return answer_.take_error(); }
  // `error`, with what was known of the answer when it happened.
  CloudError ended_by(CloudError error) {
    answer_.replace_error(std::move(error));
    return answer_.take_error();
  }

 private:
  bool on_event(const sse::Event& event);
  void sniff(std::string_view bytes);
  void take(Step step);

  enum class Form { unknown, events, whole };
  CloudDeadlines deadlines_;
  Answer answer_;
  std::unique_ptr<Decoder> decoder_;
  sse::Parser parser_;
  Form form_ = Form::unknown;
  std::string whole_;  // a body that is not a stream
  std::size_t bytes_ = 0;
  Step step_ = Step::nothing;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;  // something that counted came
  std::optional<Clock::time_point> first_output_, first_text_;
  bool timed_out_ = false;
};

void Stream::take(Step step) {
  step_ = step;
  if (step == Step::nothing) return;
  last_ = Clock::now();
  if (step == Step::output && !first_output_) first_output_ = last_;
  if (answer_.has_text() && !first_text_) first_text_ = last_;
}

bool Stream::on_event(const sse::Event& event) {
  take(decoder_->event(event));
  return step_ < Step::done;
}

// Streams begin with a field or a comment; anything else is one JSON text or a web page.
void Stream::sniff(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return;
  if (bytes[first] == '<') {
    take(answer_.fail(Kind::malformed,
                      "a web page came instead of an answer: is the base URL right?"));
  }
  form_ = bytes[first] == '{' || bytes[first] == '[' ? Form::whole : Form::events;
}

bool Stream::feed(std::string_view bytes) {
  bytes_ += bytes.size();
  if (form_ == Form::unknown) sniff(bytes);
  if (failed()) return false;
  if (form_ == Form::whole) {
    whole_ += bytes;
  } else if (!parser_.feed(bytes, [&](const sse::Event& e) { return on_event(e); }) &&
             parser_.too_large()) {
    take(answer_.fail(Kind::malformed, "an event of the answer is larger than 4 MB"));
  }
  if (step_ < Step::done && (bytes_ > kMostBytes || whole_.size() > kMostUnstreamed))
    take(answer_.fail(Kind::malformed, "the answer is too long"));
  return step_ < Step::done && tick();
}

bool Stream::tick() {
  const auto now = Clock::now();
  std::string late;
  if (now - start_ >= deadlines_.total) {
    late = "the answer was not complete after " + seconds(deadlines_.total);
  } else if (!first_output_ && now - start_ >= deadlines_.first_output) {
    late = "no answer began within " + seconds(deadlines_.first_output);
  } else if (first_output_ && now - last_ >= deadlines_.idle) {
    late = "the answer stopped for " + seconds(deadlines_.idle);
  }
  if (late.empty()) return true;
  timed_out_ = true;
  end(false);  // an answer that was complete but for its last mark is complete
  if (!done()) answer_.replace_error(plain_error(Kind::timeout, std::move(late), true));
  return false;
}

void Stream::end(bool whole) {
  if (step_ >= Step::done) return;
  if (whole && form_ == Form::whole) take(decoder_->event({"", whole_}));
  if (whole && form_ != Form::whole)
    parser_.finish([&](const sse::Event& e) { return on_event(e); });
  if (step_ < Step::done) take(decoder_->end());
}

CloudResult Stream::finish() {
  CloudResult result = answer_.finish(decoder_->state());
  if (!result) return result;
  const auto since = [&](Clock::time_point t) {
    return std::chrono::duration<double, std::milli>(t - start_).count();
  };
  if (first_text_) result->first_text_ms = since(*first_text_);
  result->total_ms = since(Clock::now());
  return result;
}

CloudError transport_error(const net::Exchange& exchange) {
  const std::string said =
      exchange.error.what + (exchange.error.why.empty() ? "" : ": " + exchange.error.why);
  switch (exchange.reason) {
    case net::Reason::bad_request:
      return plain_error(Kind::config, said);
    case net::Reason::tls:
      return plain_error(Kind::tls, said);
    case net::Reason::timeout:
      return plain_error(Kind::timeout, said, true);
    case net::Reason::redirect:
      return plain_error(Kind::redirect, said);
    case net::Reason::too_large:
      return plain_error(Kind::malformed, said);
    case net::Reason::cancelled:
      return plain_error(Kind::cancelled, "cancelled");
    default:
      return plain_error(Kind::network, said, true);
  }
}

std::string_view request_id(const net::Headers& headers) {
  for (const char* name : {"request-id", "x-request-id", "x-generation-id"}) {
    if (headers.has(name)) return headers.get(name);
  }
  return {};
}

CloudResult settle(Stream& stream, const net::Exchange& exchange) {
  if (stream.answer().request_id.empty())
    stream.answer().request_id = request_id(exchange.response.headers);
  if (exchange.reason == net::Reason::cancelled) return stream.ended_by(transport_error(exchange));
  if (stream.done()) return stream.finish();
  // A status counts, also where its body did not end.
  if (exchange.response.status >= 300) {
    return error_of(exchange.response.status, exchange.response.headers, exchange.response.body,
                    std::chrono::system_clock::now());
  }
  if (stream.failed() || stream.timed_out()) return stream.error();
  if (exchange.response.ok()) stream.end(exchange.answered());
  if (stream.done()) return stream.finish();
  if (exchange.answered()) return stream.error();
  return stream.ended_by(transport_error(exchange));
}

}  // namespace

CloudResult exchange(Outgoing out, CloudEvents& sink) {
  Stream stream(out, sink);
  net::Request& request = out.request;
  if (!out.key.empty()) request.secret_headers.push_back(out.protocol.key_header(out.key));
  request.redirects = net::Redirects::none;
  request.cancel = out.cancel;
  request.max_body = 1u << 20;  // of an error
  // The clocks that count are the stream's; these end a connection that never stands.
  request.timeouts = {};
  request.timeouts.connect = std::min(request.timeouts.connect, out.deadlines.first_output);
  request.timeouts.idle = milliseconds(0);
  request.on_body = [&](std::string_view bytes) {
    if (out.cancel != nullptr && out.cancel->load()) return false;
    return stream.feed(bytes);
  };
  request.on_tick = [&] { return stream.tick(); };
  net::Exchange exchange = out.client.exchange(request);
  if (out.cancel != nullptr && out.cancel->load()) exchange.reason = net::Reason::cancelled;

  CloudResult result = settle(stream, exchange);
  if (result) {
    result->request_id = safe_id(result->request_id, out.key);
    result->model = safe_id(result->model, out.key);
    return result;
  }
  CloudError error = result.error();
  error.http_status = exchange.response.ok() ? 0 : exchange.response.status;
  error.sent = exchange.sent;
  error.message = safe_line(error.message, kMostMessage, out.key);
  error.request_id = safe_id(error.request_id, out.key);
  return error;
}

}  // namespace cactus::providers
