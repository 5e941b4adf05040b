#include "tests/engine/convert/checkpoint_files.h"

#include <stdexcept>

#include "engine/base/json.h"
#include "engine/convert/checkpoint.h"
#include "tests/support/files.h"

namespace cactus::test {

namespace fs = std::filesystem;

Checkpoint Checkpoint::load(const fs::path& folder) {
  Result<std::unique_ptr<TensorSource>> source = open_checkpoint(folder);
  if (!source) throw std::runtime_error(source.error().what);
  Checkpoint c;
  for (const SourceTensor& t : (*source)->tensors()) {
    RawTensor raw{t.dtype, t.shape, std::string(t.size, '\0')};
    if (!(*source)->read(t, 0, std::as_writable_bytes(std::span(raw.bytes))))
      throw std::runtime_error(t.name);
    c.tensors[t.name] = std::move(raw);
  }
  for (const char* name : {"config.json", "generation_config.json", "tokenizer.json",
                           "tokenizer_config.json", "chat_template.jinja"}) {
    if (fs::exists(folder / name)) c.files[name] = read_file(folder / name);
  }
  return c;
}

void Checkpoint::save(const fs::path& folder) const {
  fs::create_directories(folder);
  write_file(folder / "model.safetensors", safetensors_file(tensors));
  for (const auto& [name, text] : files) write_file(folder / name, text);
}

std::string safetensors_file(const std::string& header, const std::string& data) {
  std::string file;
  for (std::size_t i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> 8 * i);
  return file + header + data;
}

std::string safetensors_file(const std::map<std::string, RawTensor>& tensors) {
  Json header = Json::object();
  std::string data;
  for (const auto& [name, t] : tensors) {
    header[name] = {{"dtype", t.dtype},
                    {"shape", t.shape},
                    {"data_offsets", {data.size(), data.size() + t.bytes.size()}}};
    if (t.shape.empty()) header[name]["shape"] = Json::array();
    data += t.bytes;
  }
  return safetensors_file(dump_json(header), data);
}

}  // namespace cactus::test
