#include "cli/attach.h"

#include <filesystem>
#include <iterator>

#include "cli/files.h"
#include "engine/image/picture.h"

namespace cactus::cli {
namespace {

using namespace std::string_view_literals;

// What a request may hold in base64 (18 MiB), before that.
constexpr std::size_t kMostSound = std::size_t{13} << 20;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view name;
  std::string_view media_type;  // empty: cannot be attached
};
constexpr Magic kMagic[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, "PNG image", "image/png"},
    {0, "\xff\xd8\xff"sv, "JPEG image", "image/jpeg"},
    {0, "GIF8"sv, "GIF image", ""},
    {8, "WEBP"sv, "WebP image", ""},
    {4, "ftypheic"sv, "HEIC image", ""},
    {8, "WAVE"sv, "WAV sound", "audio/wav"},
    {8, "AIFF"sv, "AIFF sound", "audio/aiff"},
    {0, "fLaC"sv, "FLAC sound", "audio/flac"},
    {0, "OggS"sv, "Ogg sound", "audio/ogg"},
    {0, "ID3"sv, "MP3 sound", "audio/mpeg"},
    {0, "\xff\xfb"sv, "MP3 sound", "audio/mpeg"},
    {0, "\xff\xf3"sv, "MP3 sound", "audio/mpeg"},
    {0, "\xff\xf1"sv, "AAC sound", "audio/aac"},
    {0, "\xff\xf9"sv, "AAC sound", "audio/aac"},
    {0, "%PDF-"sv, "PDF document", ""},
};

const Magic* find_magic(std::string_view bytes) {
  for (const Magic& magic : kMagic) {
    // RIFF and IFF containers name their kind after the length.
    if (magic.offset == 8 && !bytes.starts_with("RIFF") && !bytes.starts_with("FORM")) continue;
    if (bytes.size() >= magic.offset + magic.bytes.size() &&
        bytes.substr(magic.offset, magic.bytes.size()) == magic.bytes)
      return &magic;
  }
  return nullptr;
}

Error cannot_attach(const std::string& name, std::string why, std::string fix = {}) {
  return make_error(ErrorKind::usage, "cannot attach '" + name + "'", std::move(why),
                    std::move(fix));
}

}  // namespace

std::string_view file_kind(std::string_view bytes) {
  const Magic* magic = find_magic(bytes);
  return magic != nullptr ? magic->name : std::string_view();
}

bool can_attach(std::string_view bytes) {
  const Magic* magic = find_magic(bytes);
  return magic != nullptr && !magic->media_type.empty();
}

Result<Attachment> make_attachment(std::string bytes, std::string name) {
  const Magic* magic = find_magic(bytes);
  if (magic == nullptr)
    return cannot_attach(name, "it is neither an image (PNG, JPEG) nor a sound (WAV, MP3, FLAC, …)",
                         "-f FILE, for text");
  if (magic->media_type.empty())
    return cannot_attach(name, "it is a " + std::string(magic->name),
                         magic->name.ends_with("image") ? "convert it to PNG or JPEG first"
                                                        : "give its text instead");
  Attachment attachment;
  attachment.name = std::move(name);
  if (magic->media_type.starts_with("audio/")) {
    if (bytes.size() > kMostSound)
      return cannot_attach(attachment.name,
                           "sounds may have " + std::to_string(kMostSound >> 20) + " MiB at most");
    attachment.kind = Attachment::Kind::audio;
    attachment.media_type = magic->media_type;
    attachment.bytes = std::move(bytes);
    return attachment;
  }
  auto picture = image::picture_to_send(bytes);
  if (!picture) {
    const Error& error = picture.error();
    return cannot_attach(attachment.name, error.what + (error.why.empty() ? "" : ": " + error.why),
                         error.fix);
  }
  attachment.media_type = "image/jpeg";
  attachment.bytes = std::move(picture->jpeg);
  return attachment;
}

Result<Attachment> read_attachment(const std::string& path) {
  CACTUS_TRY(bytes, read_file(path, image::kMostFileBytes));
  return make_attachment(std::move(bytes), std::filesystem::path(path).filename().string());
}

}  // namespace cactus::cli
