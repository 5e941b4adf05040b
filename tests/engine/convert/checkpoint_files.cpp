#include "tests/engine/convert/checkpoint_files.h"

#include <random>
#include <stdexcept>

#include "engine/base/json.h"
#include "engine/convert/checkpoint.h"
#include "engine/models/family.h"
#include "kernels/pack.h"
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

void random_checkpoint(const Json& config, Checkpoint& into) {
  const Result<TensorPlan> plan = (*family_of(config))->plan(config, {});
  if (!plan) throw std::runtime_error(plan.error().why);
  std::mt19937 random(9);
  std::normal_distribution<float> normal(0, 0.05F);
  into.tensors.clear();
  for (const TensorSpec& spec : plan->tensors) {
    std::int64_t n = 1;
    for (const std::int64_t side : spec.shape) n *= side;
    RawTensor t{"BF16", spec.shape, {}};
    for (std::int64_t i = 0; i < n; ++i) {
      const std::uint16_t bits = kernels::f32_to_bf16(normal(random));
      t.bytes += static_cast<char>(bits & 255);
      t.bytes += static_cast<char>(bits >> 8);
    }
    into.tensors[spec.source] = std::move(t);
  }
  into.files["config.json"] = dump_json(config);
}

std::uint64_t save_with_hole(const Checkpoint& checkpoint, const fs::path& folder,
                             const std::string& name, const std::vector<std::int64_t>& shape) {
  Json header = Json::object();
  std::string data;
  for (const auto& [key, t] : checkpoint.tensors) {
    header[key] = {{"dtype", t.dtype},
                   {"shape", t.shape},
                   {"data_offsets", {data.size(), data.size() + t.bytes.size()}}};
    data += t.bytes;
  }
  std::uint64_t hole = 4;
  for (const std::int64_t side : shape) hole *= static_cast<std::uint64_t>(side);
  header[name] = {
      {"dtype", "F32"}, {"shape", shape}, {"data_offsets", {data.size(), data.size() + hole}}};
  const std::string file = safetensors_file(dump_json(header), data);
  write_file(folder / "model.safetensors", file);
  fs::resize_file(folder / "model.safetensors", file.size() + hole);
  for (const auto& [key, text] : checkpoint.files) write_file(folder / key, text);
  return hole;
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
