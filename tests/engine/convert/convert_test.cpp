#include "engine/convert/convert.h"

#include <cmath>
#include <cstring>

#include "engine/convert/checkpoint.h"
#include "engine/weights/verify.h"
#include "kernels/pack.h"
#include "tests/engine/convert/checkpoint_files.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
namespace fs = std::filesystem;
using kernels::Layout;
using kernels::Type;

namespace {

std::vector<float> source_values(const TensorSource& source, std::string_view name) {
  for (const SourceTensor& t : source.tensors()) {
    if (t.name != name) continue;
    std::vector<std::byte> bytes(t.size);
    REQUIRE(source.read(t, 0, bytes).ok());
    std::vector<float> x(t.size / element_size(t.type));
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (t.type == SourceType::f32) {
        std::memcpy(&x[i], &bytes[4 * i], 4);
      } else {
        std::uint16_t half;
        std::memcpy(&half, &bytes[2 * i], 2);
        x[i] = t.type == SourceType::bf16 ? kernels::bf16_to_f32(half) : kernels::f16_to_f32(half);
      }
    }
    return x;
  }
  FAIL("no tensor " << name);
  return {};
}

std::vector<float> bundle_values(const Bundle& bundle, const std::string& name, std::int64_t rows,
                                 std::int64_t cols) {
  const auto m = bundle.matrix(name, rows, cols);
  REQUIRE(m.ok());
  std::vector<float> x(static_cast<std::size_t>(rows * cols));
  for (std::int64_t r = 0; r < rows; ++r)
    kernels::unpack_row(*m, r, &x[static_cast<std::size_t>(r * cols)]);
  return x;
}

double relative_rms(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double error = 0, energy = 1e-300;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(double{a[i]} - b[i], 2);
    energy += std::pow(double{a[i]}, 2);
  }
  return std::sqrt(error / energy);
}

Error convert_error(const fs::path& source, const fs::path& destination,
                    ConvertOptions options = {}) {
  const auto r = convert(source, destination, options);
  REQUIRE_FALSE(r.ok());
  return r.error();
}

bool mentions(const Error& e, std::string_view text) {
  return (e.what + "|" + e.why + "|" + e.fix).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a text checkpoint converts at every width", "[engine][convert]") {
  const fs::path source = test::fixture("gemma4_text");
  const auto checkpoint = *open_checkpoint(source);
  struct Expected {
    int bits;
    Type matmul, lookup;
    double error;
  };
  for (const Expected& e :
       {Expected{4, Type::q4, Type::q4, 0.08}, Expected{8, Type::q8, Type::q8, 0.006},
        Expected{16, Type::f16, Type::f16, 1e-4}, Expected{32, Type::f32, Type::f32, 0}}) {
    CAPTURE(e.bits);
    test::TempDir dir;
    ConvertOptions options;
    options.bits = e.bits;
    options.repository = "test/gemma4";
    options.commit = "abc";
    const auto report = convert(source, dir / "out", options);
    REQUIRE(report.ok());
    CHECK(report->tensors == checkpoint->tensors().size());
    CHECK_FALSE(fs::exists(dir / "out.partial"));
    CHECK_FALSE(fs::exists(dir.path() / "out" / ".convert-journal"));
    CHECK(verify_bundle(dir / "out")->problems.empty());

    const auto bundle = *Bundle::open(dir / "out");
    CHECK(bundle->manifest().family == "gemma4");
    CHECK(bundle->manifest().source["repository"] == "test/gemma4");
    CHECK(bundle->manifest().generation["top_k"] == 64);
    CHECK(bundle->manifest().tokenizer_config["bos_token"] == "<bos>");
    CHECK(*bundle->file("tokenizer.json") == test::read_file(source / "tokenizer.json"));
    CHECK(*bundle->file("chat_template.jinja") == test::read_file(source / "chat_template.jinja"));
    CHECK(fs::file_size(dir.path() / "out" / "weights.cactus") == report->bundle_bytes);

    CHECK(bundle->find("layers.0.mlp.up_proj.weight")->type == e.matmul);
    CHECK(bundle->find("layers.0.mlp.up_proj.weight")->layout ==
          (e.bits < 16 ? Layout::tiles : Layout::rows));
    CHECK(bundle->find("embed_tokens_per_layer.weight")->type == e.lookup);
    CHECK(bundle->find("embed_tokens_per_layer.weight")->layout == Layout::rows);
    CHECK(bundle->find("embed_tokens_per_layer.weight")->lookup);
    for (const auto& [name, rows, cols] :
         {std::tuple<std::string, std::int64_t, std::int64_t>{"embed_tokens.weight", 768, 64},
          {"embed_tokens_per_layer.weight", 768, 256},
          {"layers.2.mlp.down_proj.weight", 64, 96},
          {"layers.7.self_attn.q_proj.weight", 256, 64},
          {"layers.5.per_layer_projection.weight", 64, 32}}) {
      CAPTURE(name);
      CHECK(relative_rms(source_values(*checkpoint, "model." + name),
                         bundle_values(*bundle, name, rows, cols)) <= e.error);
    }
    const auto norm = bundle->vector("layers.3.input_layernorm.weight", 64);
    CHECK(std::vector<float>(norm->begin(), norm->end()) ==
          source_values(*checkpoint, "model.layers.3.input_layernorm.weight"));
    CHECK(bundle->vector("layers.3.layer_scalar", 1).ok());
  }
}

TEST_CASE("a multimodal checkpoint converts whole, decoys left out", "[engine][convert]") {
  const fs::path source = test::fixture("gemma4_mm");
  const auto checkpoint = *open_checkpoint(source);
  test::TempDir dir;
  const auto report = convert(source, dir / "out");
  REQUIRE(report.ok());
  CHECK(report->tensors == checkpoint->tensors().size() - 6);  // K, V, k_norm of two shared layers
  const auto bundle = *Bundle::open(dir / "out");
  CHECK(bundle->find("layers.3.self_attn.k_proj.weight") == nullptr);
  CHECK(bundle->find("layers.2.self_attn.k_proj.weight") != nullptr);
  // Towers keep 8 bits, convolutions and tables 16, bounds and norms 32.
  CHECK(bundle->find("vision_tower.encoder.layers.0.mlp.up_proj.linear.weight")->type == Type::q8);
  CHECK(bundle->find("audio_tower.layers.1.self_attn.relative_k_proj.weight")->type == Type::q8);
  CHECK(bundle->find("embed_audio.embedding_projection.weight")->type == Type::q8);
  CHECK(bundle->find("layers.0.mlp.up_proj.weight")->type == Type::q4);
  CHECK(bundle->find("audio_tower.subsample_conv_projection.layer1.conv.weight")->type ==
        Type::bf16);
  CHECK(bundle->find("vision_tower.patch_embedder.position_embedding_table")->shape ==
        std::vector<std::int64_t>{2, 256, 64});
  const std::string bound = "audio_tower.layers.0.lconv1d.linear_end.input_max";
  CHECK((*bundle->vector(bound, 1))[0] == source_values(*checkpoint, "model." + bound)[0]);
  CHECK(bundle->find(bound)->shape.empty());
  CHECK(relative_rms(
            source_values(*checkpoint,
                          "model.audio_tower.subsample_conv_projection.layer1.conv.weight"),
            bundle_values(*bundle, "audio_tower.subsample_conv_projection.layer1.conv.weight", 32,
                          1152)) == 0);
  CHECK(bundle->file("processor_config.json").ok());
}

TEST_CASE("the same source gives the same bytes, whatever the threads", "[engine][convert]") {
  test::TempDir dir;
  ConvertOptions one, four;
  one.threads = 1;
  four.threads = 4;
  REQUIRE(convert(test::fixture("gemma4_mm"), dir / "a", one).ok());
  REQUIRE(convert(test::fixture("gemma4_mm"), dir / "b", four).ok());
  for (const char* file : {"weights.cactus", "cactus.json", "tokenizer.json"}) {
    CHECK(test::read_file(dir.path() / "a" / file) == test::read_file(dir.path() / "b" / file));
  }
}

TEST_CASE("progress grows to the whole, and cancelling keeps what is done", "[engine][convert]") {
  test::TempDir dir;
  std::atomic<bool> cancel = false;
  ConvertOptions options;
  std::uint64_t last = 0, total = 0;
  options.cancel = &cancel;
  options.progress = [&](const ConvertProgress& p) {
    CHECK(p.done >= last);
    last = p.done;
    total = p.total;
    if (p.done > p.total / 2) cancel = true;
  };
  const Error stopped = convert_error(test::fixture("gemma4_text"), dir / "out", options);
  CHECK(stopped.kind == ErrorKind::cancelled);
  CHECK_FALSE(fs::exists(dir / "out"));
  CHECK_FALSE(Bundle::open(dir / "out.partial").ok());
  cancel = false;
  last = 0;
  options.progress = [&](const ConvertProgress& p) {
    CHECK(p.resumed > 0);
    last = p.done;
  };
  const auto report = convert(test::fixture("gemma4_text"), dir / "out", options);
  REQUIRE(report.ok());
  CHECK(report->resumed > 20);
  CHECK(last == total);
  CHECK(verify_bundle(dir / "out")->problems.empty());
}

TEST_CASE("what stands at the destination is safe", "[engine][convert]") {
  test::TempDir dir;
  const fs::path source = test::fixture("gemma4_text");
  fs::create_directory(dir / "photos");
  test::write_file(dir.path() / "photos" / "a.jpg", "x");
  ConvertOptions force;
  force.force = true;
  CHECK(convert_error(source, dir / "photos", force).kind == ErrorKind::usage);
  CHECK(fs::exists(dir.path() / "photos" / "a.jpg"));

  fs::create_directory(dir / "empty");
  CHECK(convert(source, dir / "empty").ok());
  CHECK(mentions(convert_error(source, dir / "empty"), "--force"));
  ConvertOptions eight = force;
  eight.bits = 8;
  REQUIRE(convert(source, dir / "empty", eight).ok());
  CHECK((*Bundle::open(dir / "empty"))->find("embed_tokens.weight")->type == Type::q8);
  CHECK_FALSE(fs::exists(dir / "empty.partial"));

  fs::create_directory(dir / "new.partial");
  test::write_file(dir.path() / "new.partial" / "diary", "x");
  CHECK(mentions(convert_error(source, dir / "new"), "new.partial"));
  CHECK(fs::exists(dir.path() / "new.partial" / "diary"));

  ConvertOptions five;
  five.bits = 5;
  CHECK(convert_error(source, dir / "five", five).kind == ErrorKind::usage);
  CHECK(convert_error(dir / "nothing", dir / "x").kind == ErrorKind::not_found);
  CHECK(mentions(convert_error(dir / "empty", dir / "x"), "bundle already"));
}

TEST_CASE("a changed source or recipe starts over, an interrupted one is checked",
          "[engine][convert]") {
  test::TempDir dir;
  std::atomic<bool> cancel = false;
  ConvertOptions options;
  options.cancel = &cancel;
  options.progress = [&](const ConvertProgress& p) { cancel = p.done > p.total / 2; };
  const fs::path source = test::fixture("gemma4_text");
  CHECK(convert_error(source, dir / "out", options).kind == ErrorKind::cancelled);
  cancel = false;
  options.progress = {};
  ConvertOptions eight = options;
  eight.bits = 8;
  CHECK(convert(source, dir / "out", eight)->resumed == 0);

  options.progress = [&](const ConvertProgress& p) { cancel = p.done > p.total / 2; };
  CHECK(convert_error(source, dir / "b", options).kind == ErrorKind::cancelled);
  cancel = false;
  options.progress = {};
  // A torn last line, and one byte of the first tensor lost by the disk.
  const fs::path journal = dir.path() / "b.partial" / ".convert-journal",
                 weights = dir.path() / "b.partial" / "weights.cactus";
  test::write_file(journal, test::read_file(journal) + "{\"name\": \"laye");
  std::string bytes = test::read_file(weights);
  bytes[100] = static_cast<char>(~bytes[100]);
  test::write_file(weights, bytes);
  CHECK(convert(source, dir / "b", options)->resumed == 0);
  CHECK(verify_bundle(dir / "b")->problems.empty());
}

TEST_CASE("a temporary bundle leaves nothing behind", "[engine][convert]") {
  ConvertOptions options;
  options.bits = 32;
  const auto bundle = convert_temporary(test::fixture("gemma4_text"), options);
  REQUIRE(bundle.ok());
  CHECK_FALSE(fs::exists((*bundle)->folder()));
  CHECK_FALSE(fs::exists((*bundle)->folder().parent_path()));
  CHECK((*bundle)->matrix("embed_tokens.weight", 768, 64).ok());
  CHECK((*bundle)->file("chat_template.jinja").ok());
}

TEST_CASE("wrong tensors are refused by name", "[engine][convert]") {
  const auto attempt = [](auto change) {
    test::TempDir dir;
    test::Checkpoint c = test::Checkpoint::load(test::fixture("gemma4_text"));
    change(c);
    c.save(dir / "in");
    const Error e = convert_error(dir / "in", dir / "out");
    CAPTURE(e.what, e.why);
    CHECK(e.kind == ErrorKind::incompatible);
    CHECK_FALSE(fs::exists(dir / "out"));
    CHECK_FALSE(fs::exists(dir / "out.partial"));
    return e;
  };
  const std::string up = "model.layers.1.mlp.up_proj.weight", norm = "model.norm.weight";
  CHECK(mentions(attempt([&](auto& c) { c.tensors.erase(up); }), "missing: " + up));
  CHECK(mentions(attempt([&](auto& c) { c.tensors["model.extra.weight"] = c.tensors[norm]; }),
                 "unknown: model.extra.weight"));
  CHECK(mentions(attempt([&](auto& c) {
                   c.tensors[up].shape = {64, 96};
                 }),
                 up + " ([64, 96] instead of [96, 64])"));
  CHECK(mentions(attempt([&](auto& c) { c.tensors[norm].dtype = "I32"; }), norm + " (I32)"));
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY}) {
    const Error e =
        attempt([&](auto& c) { std::memcpy(&c.tensors[up].bytes[4 * (64 * 70 + 5)], &bad, 4); });
    CHECK(mentions(e, up));
    CHECK(mentions(e, "row 70, column 5"));
    CHECK(
        mentions(attempt([&](auto& c) { std::memcpy(&c.tensors[norm].bytes[8], &bad, 4); }), norm));
  }
  const Error many = attempt([&](auto& c) {
    std::erase_if(c.tensors,
                  [](const auto& t) { return t.first.find("layers.2.") != std::string::npos; });
  });
  CHECK(mentions(many, " more"));
  CHECK(many.why.size() < 2000);
}

TEST_CASE("16 bits hold what 16 bits can hold", "[engine][convert]") {
  test::TempDir dir;
  test::Checkpoint c = test::Checkpoint::load(test::fixture("gemma4_text"));
  const float large = 70000;
  std::memcpy(c.tensors["model.layers.1.mlp.up_proj.weight"].bytes.data(), &large, 4);
  c.save(dir / "in");
  ConvertOptions options;
  options.bits = 16;
  const Error e = convert_error(dir / "in", dir / "out", options);
  CHECK(mentions(e, "model.layers.1.mlp.up_proj.weight"));
  CHECK(mentions(e, "--bits 32"));
  options.bits = 32;
  CHECK(convert(dir / "in", dir / "out", options).ok());
}

TEST_CASE("infinite clip bounds are kept", "[engine][convert]") {
  test::TempDir dir;
  test::Checkpoint c = test::Checkpoint::load(test::fixture("gemma4_mm"));
  const std::string bound = "model.vision_tower.encoder.layers.0.mlp.up_proj.output_max";
  c.tensors[bound].bytes = std::string("\x80\x7f", 2);  // BF16 infinity
  c.save(dir / "in");
  REQUIRE(convert(dir / "in", dir / "out").ok());
  CHECK(std::isinf((*(*Bundle::open(dir / "out"))->vector(bound.substr(6), 1))[0]));
  c.tensors[bound].bytes = std::string("\xc0\x7f", 2);  // NaN
  c.save(dir / "in");
  CHECK(mentions(convert_error(dir / "in", dir / "nan"), bound));
}

TEST_CASE("unsupported architectures and absent files are named", "[engine][convert]") {
  test::TempDir dir;
  test::Checkpoint c = test::Checkpoint::load(test::fixture("gemma4_text"));
  c.save(dir / "in");
  const fs::path config = dir.path() / "in" / "config.json";
  test::write_file(config, R"({"architectures": ["MambaForCausalLM"], "model_type": "mamba"})");
  const Error e = convert_error(dir / "in", dir / "out");
  CHECK(mentions(e, "MambaForCausalLM"));
  CHECK(mentions(e, "gemma4"));
  test::write_file(config, "[]");
  CHECK(convert_error(dir / "in", dir / "out").kind == ErrorKind::incompatible);
  test::write_file(config, "{\"model_type\": ");
  CHECK(mentions(convert_error(dir / "in", dir / "out"), "config.json"));
  fs::remove(config);
  CHECK(mentions(convert_error(dir / "in", dir / "out"), "config.json"));
  fs::copy_file(test::fixture("gemma4_text") / "config.json", config);
  fs::remove(dir.path() / "in" / "tokenizer.json");
  CHECK(mentions(convert_error(dir / "in", dir / "out"), "tokenizer.json"));
}
