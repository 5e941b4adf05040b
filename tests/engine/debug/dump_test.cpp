// From a checkpoint folder through the converter and the debug dump back to the reference.
#include "engine/debug/dump.h"

#include "engine/base/json.h"
#include "engine/convert/convert.h"
#include "engine/model.h"
#include "engine/models/family.h"
#include "engine/session.h"
#include "kernels/dispatch.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace cactus::test {
namespace {

std::unique_ptr<Decoder> open_decoder(const std::string& name, int bits) {
  ConvertOptions options;
  options.bits = bits;
  auto bundle = convert_temporary(fixture(name), options);
  if (!bundle) FAIL(bundle.error().what << ": " << bundle.error().why);
  auto family = family_of((*bundle)->manifest().config);
  REQUIRE(family.ok());
  auto decoder = (*family)->load(*bundle);
  if (!decoder) FAIL(decoder.error().what << ": " << decoder.error().why);
  return std::move(decoder).value();
}

DumpOptions exact_options() {
  DumpOptions options;
  options.table = kernels::select_table("").table;
  options.threads = 2;
  options.kv = kernels::Type::f32;
  options.exact = true;
  return options;
}

TEST_CASE("a converted checkpoint, dumped, equals the reference", "[engine]") {
  for (const auto& [name, prefix] :
       {std::pair<const char*, std::string>{"gemma4_text", ""}, {"gemma4_mm", "text."}}) {
    INFO(name);
    const auto decoder = open_decoder(name, 32);
    const Tensors golden = read_safetensors(fixture(name) / "golden.safetensors");
    const auto& golden_ids = golden.at(prefix + "input_ids").ints;
    const std::vector<std::int32_t> ids(golden_ids.begin(), golden_ids.end());
    DumpOptions options = exact_options();
    options.hidden = true;
    options.greedy = 32;
    const TempDir dir;
    const auto written = dump_forward(*decoder, ids, options, dir / "out.safetensors");
    if (!written) FAIL(written.error().what);
    CHECK_FALSE(std::filesystem::exists(dir / "out.safetensors.partial"));

    const Tensors out = read_safetensors(dir / "out.safetensors");
    const Tensor& logits = out.at("logits");
    const Tensor& reference = golden.at(prefix + "logits");
    CHECK(logits.shape == std::vector<std::int64_t>{reference.shape[1], reference.shape[2]});
    REQUIRE(logits.values.size() == reference.values.size());
    CHECK(max_abs_difference(logits.values.data(), reference.values.data(), logits.values.size()) <=
          5e-3);
    for (std::int64_t layer = 0; layer <= decoder->info().layers; ++layer) {
      const std::string tensor = "hidden_states." + std::to_string(layer);
      const Tensor& hidden = out.at(tensor);
      const Tensor& expected = golden.at(prefix + tensor);
      REQUIRE(hidden.values.size() == expected.values.size());
      CHECK(relative_rms(hidden.values.data(), expected.values.data(), hidden.values.size()) <=
            1e-4);
    }
    CHECK(out.at("generated_ids").ints == golden.at(prefix + "generated_ids").ints);
  }
}

TEST_CASE("a dump holds what was asked for, over many chunks", "[engine]") {
  const auto decoder = open_decoder("gemma4_text", 4);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 150; ++i) ids.push_back(i * 37 % 700);
  DumpOptions options = exact_options();
  options.exact = false;
  options.kv = kernels::Type::q8;
  options.logits = false;
  options.hidden = true;
  const TempDir dir;
  REQUIRE(dump_forward(*decoder, ids, options, dir / "out.safetensors").ok());
  const Tensors out = read_safetensors(dir / "out.safetensors");
  CHECK(out.size() == 9);
  CHECK(out.at("hidden_states.8").shape == std::vector<std::int64_t>{150, 64});
  CHECK(relative_rms(out.at("hidden_states.8").values.data(),
                     std::vector<float>(150 * 64, 1e-9f).data(), 150 * 64) > 1);  // not zeros
}

TEST_CASE("dumps refuse ids that cannot be run", "[engine]") {
  const auto decoder = open_decoder("gemma4_text", 8);
  const TempDir dir;
  const auto refused = [&](const std::vector<std::int32_t>& ids) {
    auto written = dump_forward(*decoder, ids, exact_options(), dir / "out.safetensors");
    return !written && written.error().kind == ErrorKind::usage;
  };
  CHECK(refused({}));
  CHECK(refused({2, 768}));
  CHECK(refused(std::vector<std::int32_t>(2049, 5)));
  CHECK_FALSE(std::filesystem::exists(dir / "out.safetensors"));
  CHECK(*parse_ids("[2, 5, 7]", "ids.json") == std::vector<std::int32_t>{2, 5, 7});
  CHECK(*parse_ids("[[2, 5]]", "ids.json") == std::vector<std::int32_t>{2, 5});
  for (const char* wrong :
       {"", "{}", "[]", "[-1]", "[1.5]", "[\"2\"]", "[99999999999]", "[[],[]]"}) {
    INFO(wrong);
    auto ids = parse_ids(wrong, "ids.json");
    REQUIRE_FALSE(ids);
    CHECK(ids.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("a 4-bit bundle on disk opens as a model and converses", "[engine]") {
  const TempDir dir;
  ConvertOptions options;
  options.repository = "test/gemma-4-tiny";
  auto converted = convert(fixture("gemma4_text"), dir / "bundle", options);
  if (!converted) FAIL(converted.error().what << ": " << converted.error().why);
  auto model = Model::open(dir / "bundle");
  if (!model) FAIL(model.error().what << ": " << model.error().why);
  CHECK((*model)->name() == "test/gemma-4-tiny");
  SessionOptions session_options;
  session_options.table = kernels::select_table("").table;
  auto session = Session::create(*model, session_options);
  REQUIRE(session.ok());
  GenerateOptions generate;
  generate.max_tokens = 8;
  generate.sample.seed = 1;
  const Json messages = Json::array({{{"role", "user"}, {"content", "Hello"}}});
  auto reply = (*session)->reply(messages, generate, nullptr, nullptr);
  REQUIRE(reply.ok());
  CHECK(reply->prompt_tokens > 5);
  auto raw = (*session)->complete("Once", generate, nullptr, nullptr);
  REQUIRE(raw.ok());
  CHECK(raw->prompt_tokens >= 2);
}

}  // namespace
}  // namespace cactus::test
