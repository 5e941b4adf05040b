#include "engine/base/hash.h"
#include "engine/weights/manifest.h"

namespace cactus {

std::string_view type_name(kernels::Type type) {
  switch (type) {
    case kernels::Type::f32:
      return "f32";
    case kernels::Type::f16:
      return "f16";
    case kernels::Type::bf16:
      return "bf16";
    case kernels::Type::q8:
      return "q8";
    case kernels::Type::q4:
      return "q4";
  }
  return "";
}

std::string_view layout_name(kernels::Layout layout) {
  return layout == kernels::Layout::tiles ? "tiles" : "rows";
}

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kernels::kAlignment - 1) / kernels::kAlignment * kernels::kAlignment;
}

std::uint64_t weights_size(const Manifest& m) {
  return m.tensors.empty() ? 0 : aligned(m.tensors.back().offset + m.tensors.back().size);
}

std::string write_manifest(const Manifest& m) {
  const Json head = {{"cactus", "bundle"},
                     {"format", m.format},
                     {"runtime", m.runtime},
                     {"family", m.family},
                     {"licence", m.licence},
                     {"source", m.source},
                     {"quantisation", m.quantisation},
                     {"config", m.config},
                     {"generation", m.generation},
                     {"tokenizer_config", m.tokenizer_config}};
  Json files = Json::object();
  for (const FileInfo& f : m.files) files[f.name] = {{"size", f.size}, {"hash", f.hash}};

  std::string text = dump_json(head, 1);
  text.resize(text.size() - 2);  // "\n}"
  text += ",\n \"files\": " + dump_json(files) + ",\n \"tensors\": [";
  for (const TensorInfo& t : m.tensors) {
    Json tensor = {{"name", t.name},
                   {"shape", t.shape},
                   {"type", type_name(t.type)},
                   {"layout", layout_name(t.layout)},
                   {"offset", t.offset},
                   {"size", t.size},
                   {"hash", t.hash}};
    if (t.shape.empty()) tensor["shape"] = Json::array();
    if (t.lookup) tensor["lookup"] = true;
    text += (&t == m.tensors.data() ? "\n  " : ",\n  ") + dump_json(tensor);
  }
  text += "\n ],\n \"checksum\": \"";
  return text + hash_of(std::string_view(text)) + "\"\n}\n";
}

}  // namespace cactus
