#include "engine/debug/tensor_file.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "engine/base/json.h"

namespace cactus {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr std::uint64_t kElementBytes = 4;

std::filesystem::path partial(const std::filesystem::path& path) {
  std::filesystem::path p = path;
  return p += ".partial";
}

std::int64_t elements_of(const TensorDeclaration& tensor) {
  std::int64_t n = 1;
  for (const std::int64_t size : tensor.shape) n *= size;
  return n;
}

// The header: its length in eight bytes, then JSON, padded with spaces to a multiple of eight.
std::string header_of(std::span<const TensorDeclaration> tensors) {
  Json header = Json::object();
  std::uint64_t offset = 0;
  for (const TensorDeclaration& tensor : tensors) {
    const std::uint64_t end =
        offset + static_cast<std::uint64_t>(elements_of(tensor)) * kElementBytes;
    header[tensor.name] = {
        {"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = dump_json(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(text.size() >> (8 * i) & 0xFF);
  return bytes + text;
}

}  // namespace

Result<TensorFile> TensorFile::create(const std::filesystem::path& path,
                                      std::span<const TensorDeclaration> tensors) {
  CACTUS_TRY(file, File::open(partial(path), File::Mode::write));
  TensorFile out(path, std::move(file));
  const std::string header = header_of(tensors);
  std::uint64_t offset = header.size();
  for (const TensorDeclaration& tensor : tensors) {
    out.places_.push_back({tensor.name, offset, elements_of(tensor)});
    offset += static_cast<std::uint64_t>(out.places_.back().elements) * kElementBytes;
  }
  CACTUS_CHECK(out.file_.truncate(0));
  CACTUS_CHECK(out.file_.truncate(offset));
  CACTUS_CHECK(out.file_.write_at(0, std::as_bytes(std::span(header))));
  return out;
}

Status TensorFile::write_bytes(std::string_view name, std::int64_t first, const void* values,
                               std::int64_t count) {
  const auto place =
      std::find_if(places_.begin(), places_.end(), [&](const Place& p) { return p.name == name; });
  if (place == places_.end() || first < 0 || count < 0 || first + count > place->elements) {
    return make_error(ErrorKind::internal, "no such part of tensor " + std::string(name));
  }
  const auto bytes = static_cast<std::size_t>(count) * kElementBytes;
  return file_.write_at(place->offset + static_cast<std::uint64_t>(first) * kElementBytes,
                        {static_cast<const std::byte*>(values), bytes});
}

Status TensorFile::write(std::string_view name, std::int64_t first, const float* values,
                         std::int64_t count) {
  return write_bytes(name, first, values, count);
}

Status TensorFile::write(std::string_view name, std::int64_t first, const std::int32_t* values,
                         std::int64_t count) {
  return write_bytes(name, first, values, count);
}

Status TensorFile::finish() {
  CACTUS_CHECK(file_.sync());
  std::error_code failure;
  std::filesystem::rename(partial(path_), path_, failure);
  if (failure) return file_error("write", path_, failure.value());
  return ok_status();
}

}  // namespace cactus
