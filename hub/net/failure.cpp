#include "hub/net/failure.h"

#include <curl/curl.h>

namespace cactus::net {

Reason reason_of(int code) {
  switch (code) {
    case CURLE_OK:
      return Reason::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Reason::dns;
    case CURLE_COULDNT_CONNECT:
      return Reason::refused;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return Reason::tls;
    case CURLE_OPERATION_TIMEDOUT:
      return Reason::timeout;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return Reason::cut;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Reason::bad_request;
    default:
      return Reason::other;
  }
}

Error failure(Reason reason, const std::string& host, std::string detail) {
  const auto network = [&](std::string what, std::string fix) {
    return make_error(ErrorKind::network, std::move(what), std::move(detail), std::move(fix));
  };
  const std::string again = "check the network, then run the same command again";
  switch (reason) {
    case Reason::none:
      break;
    case Reason::bad_request:
      return make_error(ErrorKind::usage, "cannot send a request to " + host, std::move(detail));
    case Reason::dns:
      return network("cannot find " + host, again);
    case Reason::refused:
      return network("cannot connect to " + host, again);
    case Reason::tls:
      return network("no trusted connection to " + host,
                     "check the clock; behind a company's proxy, set SSL_CERT_FILE to its "
                     "certificate");
    case Reason::timeout:
      return network(host + " does not answer", again);
    case Reason::cut:
      return network("the connection to " + host + " broke", again);
    case Reason::redirect:
      return network("a redirect of " + host + " cannot be followed", {});
    case Reason::too_large:
      return network("the answer of " + host + " is too large", {});
    case Reason::stopped:
      return make_error(ErrorKind::cancelled, "the transfer was stopped");
    case Reason::cancelled:
      return make_error(ErrorKind::cancelled, "cancelled");
    case Reason::other:
      return network("the transfer from " + host + " failed", again);
  }
  return make_error(ErrorKind::internal, "no failure");
}

}  // namespace cactus::net
