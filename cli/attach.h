// Images and sounds as a user attaches them: -a, standard input, /attach, a path in a chat.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "router/attachment.h"

namespace cactus::cli {

// What bytes are by their first ones: "PNG image", "WAV sound", "PDF document", or empty for what
// looks like none of these.
std::string_view file_kind(std::string_view bytes);
// Whether they are an image or a sound that can be attached.
bool can_attach(std::string_view bytes);

// `name` is what it is called from then on; never sent. An image becomes a JPEG of at most 1568
// pixels (engine/image/picture.h); a sound stays as it is. Errors: usage (not an image or a sound,
// damaged, too large).
Result<Attachment> make_attachment(std::string bytes, std::string name);
// A file of the user's. Errors: also not_found.
Result<Attachment> read_attachment(const std::string& path);

}  // namespace cactus::cli
