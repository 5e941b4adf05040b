#include "router/provider.h"

namespace cactus {

std::string_view cloud_error_name(CloudErrorKind kind) {
  switch (kind) {
    case CloudErrorKind::config:
      return "config";
    case CloudErrorKind::auth:
      return "auth";
    case CloudErrorKind::billing:
      return "billing";
    case CloudErrorKind::rate_limit:
      return "rate_limit";
    case CloudErrorKind::overloaded:
      return "overloaded";
    case CloudErrorKind::server:
      return "server";
    case CloudErrorKind::bad_request:
      return "bad_request";
    case CloudErrorKind::too_large:
      return "too_large";
    case CloudErrorKind::network:
      return "network";
    case CloudErrorKind::tls:
      return "tls";
    case CloudErrorKind::redirect:
      return "redirect";
    case CloudErrorKind::timeout:
      return "timeout";
    case CloudErrorKind::refused:
      return "refused";
    case CloudErrorKind::malformed:
      return "malformed";
    case CloudErrorKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace cactus
