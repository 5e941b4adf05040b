#include "engine/convert/convert.h"

#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/convert/checkpoint.h"
#include "engine/convert/pipeline.h"
#include "engine/convert/workplace.h"
#include "engine/models/family.h"
#include "engine/weights/bundle_writer.h"
#include "engine/weights/manifest.h"
#include "engine/weights/open.h"

namespace cactus {
namespace {

namespace fs = std::filesystem;

// What is read from the source besides its tensors.
struct SideFiles {
  Json config, generation, tokenizer_config;
  std::string licence;
  std::vector<std::pair<std::string, std::string>> copies;  // name in the bundle, text
};

// The file, or an empty text when the source has none.
Result<std::string> optional_file(const TensorSource& source, std::string_view name) {
  Result<std::string> text = source.file(name);
  if (text || text.error().kind != ErrorKind::not_found) return text;
  return std::string();
}

Result<Json> optional_json(const TensorSource& source, std::string_view name) {
  CACTUS_TRY(text, optional_file(source, name));
  if (text.empty()) return Json();
  return parse_json(text, name);
}

// The template in its own file, or (older models) inside tokenizer_config.json: a text, or a list
// of named ones.
Result<std::string> chat_template(const TensorSource& source, const Json& tokenizer_config) {
  CACTUS_TRY(text, optional_file(source, "chat_template.jinja"));
  if (!text.empty() || !tokenizer_config.is_object()) return text;
  const auto inner = tokenizer_config.find("chat_template");
  if (inner == tokenizer_config.end()) return text;
  if (inner->is_string()) return inner->get<std::string>();
  if (!inner->is_array()) return text;
  for (const Json& one : *inner) {
    if (one.is_object() && one.contains("name") && one["name"] == "default" &&
        one.contains("template") && one["template"].is_string()) {
      return one["template"].get<std::string>();
    }
  }
  return text;
}

// "license: x" in the front matter of the model card.
std::string card_licence(std::string_view card) {
  if (!card.starts_with("---")) return {};
  const std::string_view front = card.substr(0, card.find("\n---", 3));
  constexpr std::string_view kKey = "\nlicense:";
  std::size_t at = front.find(kKey);
  if (at == std::string_view::npos) return {};
  at = front.find_first_not_of(" \t\"'", at + kKey.size());
  if (at == std::string_view::npos) return {};
  return std::string(
      front.substr(at, std::min<std::size_t>(64, front.find_first_of(" \t\r\n\"'", at) - at)));
}

Result<SideFiles> read_side_files(const TensorSource& source) {
  SideFiles side;
  CACTUS_TRY(config_text, optional_file(source, "config.json"));
  if (config_text.empty()) {
    return make_error(ErrorKind::not_found, source.name() + " has no config.json",
                      "it says which architecture the weights are of");
  }
  CACTUS_TRY(config, parse_json(config_text, "config.json"));
  CACTUS_TRY(generation, optional_json(source, "generation_config.json"));
  CACTUS_TRY(tokenizer_config, optional_json(source, "tokenizer_config.json"));
  CACTUS_TRY(jinja, chat_template(source, tokenizer_config));
  CACTUS_TRY(tokenizer, optional_file(source, "tokenizer.json"));
  if (tokenizer.empty()) {
    return make_error(ErrorKind::not_found, source.name() + " has no tokenizer.json",
                      "a bundle carries its tokenizer", "download it from the model's repository");
  }
  side.copies.emplace_back("tokenizer.json", std::move(tokenizer));
  if (!jinja.empty()) side.copies.emplace_back("chat_template.jinja", std::move(jinja));
  for (const char* name : {"preprocessor_config.json", "processor_config.json"}) {
    CACTUS_TRY(text, optional_file(source, name));
    if (!text.empty()) side.copies.emplace_back(name, std::move(text));
  }
  const Result<std::string> card = optional_file(source, "README.md");
  if (card) side.licence = card_licence(*card);
  side.config = std::move(config);
  side.generation = std::move(generation);
  side.tokenizer_config = std::move(tokenizer_config);
  return side;
}

Status check_space(const fs::path& destination, std::uint64_t needed) {
  CACTUS_TRY(available, free_space(destination));
  if (available >= needed) return ok_status();
  return make_error(ErrorKind::resources, "not enough space for " + destination.string(),
                    std::to_string(needed >> 20) + " MiB are needed, " +
                        std::to_string(available >> 20) + " MiB are free",
                    "free some space, or choose another place");
}

std::string conversion_key(const TensorSource& source, const SideFiles& side, int bits) {
  Hasher h;
  h.update("cactus bundle " + std::string(kBundleFormat) + ", " + std::to_string(bits) + " bits\n");
  h.update(std::as_bytes(std::span(kernels::kCodebook)));
  h.update(source.identity());
  h.update(dump_json(side.config) + dump_json(side.generation) + dump_json(side.tokenizer_config));
  for (const auto& [name, text] : side.copies) h.update(name + "\n" + hash_of(text));
  return "conversion " + h.digest();
}

// The names of the journal with the types of the plan, up to where they part.
std::vector<TensorInfo> resumable(const std::vector<TensorInfo>& journal,
                                  std::span<const Conversion> conversions) {
  std::vector<TensorInfo> kept;
  for (std::size_t i = 0; i < journal.size() && i < conversions.size(); ++i) {
    TensorInfo t = conversions[i].target;
    const Result<StoredShape> shape = stored_shape(t.shape, t.name);
    if (!shape || t.name != journal[i].name) break;
    t.size = static_cast<std::uint64_t>(
        kernels::matrix_bytes(t.type, t.layout, shape->rows, shape->cols));
    if (t.size != journal[i].size) break;
    t.offset = journal[i].offset;
    t.hash = journal[i].hash;
    kept.push_back(std::move(t));
  }
  return kept;
}

Manifest describe(const TensorSource& source, SideFiles side, std::string_view family,
                  const ConvertOptions& options) {
  Manifest m;
  m.family = family;
  m.config = std::move(side.config);
  m.generation = std::move(side.generation);
  m.tokenizer_config = std::move(side.tokenizer_config);
  m.licence = options.licence.empty() ? side.licence : options.licence;
  m.source = {{"repository", options.repository},
              {"commit", options.commit},
              {"files", source.provenance()}};
  m.quantisation = {{"recipe", options.bits < 16 ? "int" + std::to_string(options.bits)
                                                 : "f" + std::to_string(options.bits)}};
  return m;
}

}  // namespace

Result<ConvertReport> convert(const TensorSource& source, const fs::path& destination,
                              const ConvertOptions& options) {
  if (options.bits != 4 && options.bits != 8 && options.bits != 16 && options.bits != 32) {
    return make_error(ErrorKind::usage,
                      "weights of " + std::to_string(options.bits) + " bits do not exist", "",
                      "--bits 4, 8, 16 or 32");
  }
  CACTUS_TRY(side, read_side_files(source));
  CACTUS_TRY(family, family_of(side.config));
  CACTUS_TRY(conversions, conversions_of(*family, side.config, source, options.bits));
  CACTUS_TRY(size, bundle_size(conversions));

  CACTUS_TRY(place, Workplace::open(destination, conversion_key(source, side, options.bits),
                                    options.force));
  ConvertReport report;
  report.tensors = conversions.size();
  report.bundle_bytes = size;
  for (const Conversion& c : conversions) report.source_bytes += c.source->size;
  if (place.finished()) {
    report.already_there = true;
    return report;
  }

  CACTUS_TRY(writer, BundleWriter::create(place.folder()));
  CACTUS_CHECK(writer.resume(resumable(place.journalled(), conversions)));
  report.resumed = writer.tensors().size();
  CACTUS_CHECK(place.keep(writer.tensors().size()));
  const std::uint64_t there =
      writer.tensors().empty() ? 0 : writer.tensors().back().offset + writer.tensors().back().size;
  CACTUS_CHECK(check_space(destination, size - std::min(size, there) + (16 << 20)));

  ConvertProgress progress;
  progress.total = report.source_bytes;
  for (std::size_t i = 0; i < report.resumed; ++i) progress.resumed += conversions[i].source->size;
  progress.done = progress.resumed;
  if (options.progress) options.progress(progress);
  PipelineHooks hooks;
  hooks.cancel = options.cancel;
  hooks.on_tensor = [&](const TensorInfo& t) { return place.record(t); };
  hooks.on_block = [&](std::uint64_t bytes, std::string_view tensor) {
    progress.done = progress.resumed + bytes;
    progress.tensor = tensor;
    if (options.progress) options.progress(progress);
  };
  {
    kernels::Pool pool(options.threads > 0 ? options.threads : kernels::default_threads());
    const auto rest = std::span(conversions).subspan(static_cast<std::size_t>(report.resumed));
    std::vector<const SourceTensor*> order;
    for (const Conversion& c : rest) order.push_back(c.source);
    source.will_read(order);
    if (Status s = stream(source, rest, writer, pool, hooks); !s) {
      // Of a source that is broken nothing will ever be resumed.
      if (s.error().kind == ErrorKind::incompatible) CACTUS_CHECK(remove_tree(place.folder()));
      return s.error();
    }
  }
  for (const auto& [name, text] : side.copies) CACTUS_CHECK(writer.add_file(name, text));
  CACTUS_CHECK(writer.finish(describe(source, std::move(side), family->name, options)));
  CACTUS_CHECK(place.publish());
  progress.done = progress.total;
  progress.tensor = {};
  if (options.progress) options.progress(progress);
  return report;
}

Result<ConvertReport> convert(const fs::path& source, const fs::path& destination,
                              const ConvertOptions& options) {
  CACTUS_TRY(checkpoint, open_checkpoint(source));
  return convert(*checkpoint, destination, options);
}

Result<std::shared_ptr<const Bundle>> convert_temporary(const fs::path& source,
                                                        const ConvertOptions& options) {
  CACTUS_TRY(folder, make_temp_folder("cactus-"));
  Result<ConvertReport> report = convert(source, folder / "bundle", options);
  Result<std::shared_ptr<const Bundle>> bundle =
      report ? open_and_remove(folder / "bundle")
             : Result<std::shared_ptr<const Bundle>>(report.error());
  Status removed = remove_tree(folder);
  if (bundle && !removed) return removed.error();
  return bundle;
}

}  // namespace cactus
