#include "cli/model_flags.h"

#include <CLI/CLI.hpp>

#include "cli/environment.h"
#include "cli/files.h"
#include "cli/prompt.h"

namespace cactus::cli {
namespace {

constexpr char kModel[] = "Model", kSampling[] = "Sampling";

template <class T>
std::string as_text(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// A number of every setting that takes one, or a usage error.
template <class T>
Result<T> parse_as(const std::string& name, const std::string& value) {
  T parsed{};
  if (!CLI::detail::lexical_cast(value, parsed))
    return make_error(ErrorKind::usage, name + " cannot be '" + value + "'",
                      std::is_integral_v<T> ? "it takes a whole number" : "it takes a number");
  return parsed;
}

Error out_of_range(const std::string& name, const std::string& value, const std::string& range) {
  return make_error(ErrorKind::usage, name + " cannot be " + value, range);
}

Result<Json> read_tools(const std::string& file) {
  CACTUS_TRY(text, read_file(file, 16u << 20));
  CACTUS_TRY(parsed, parse_json(text, "'" + file + "'", ErrorKind::usage));
  Json list = parsed.is_object() && parsed.contains("tools") ? Json(parsed["tools"]) : Json(parsed);
  if (list.is_object()) list = Json::array({list});
  const auto wrong = [&](const std::string& why) {
    return make_error(ErrorKind::usage, "'" + file + "' is not a list of tools", why,
                      R"([{"name": "…", "description": "…", "parameters": {JSON schema}}])");
  };
  if (!list.is_array()) return wrong("it should be a JSON array");
  Json tools = Json::array();
  for (Json& entry : list) {
    Json tool = entry;
    if (tool.is_object() && !tool.contains("function"))
      tool = {{"type", "function"}, {"function", entry}};
    if (!tool.is_object() || !tool["function"].is_object() ||
        !tool["function"].value("name", Json()).is_string())
      return wrong("every tool needs a name");
    tools.push_back(std::move(tool));
  }
  return tools;
}

}  // namespace

void ModelFlags::add_common(CLI::App& app) {
  app.add_option("-s,--system", system, "System prompt, or @FILE")
      ->type_name("TEXT|@FILE")
      ->group(kModel);
  app.add_option("--temp", temp, "Temperature; 0 is greedy")->type_name("N")->group(kSampling);
  app.add_option("--max-tokens", max_tokens, "Longest answer in tokens")
      ->type_name("N")
      ->group(kSampling);
}

void ModelFlags::add_rest(CLI::App& app) {
  app.add_option("--seed", seed, "Makes a run repeatable")->type_name("N")->group(kSampling);
  app.add_option("--top-p", top_p, "Smallest set of tokens with this probability")
      ->type_name("N")
      ->group(kSampling);
  app.add_option("--top-k", top_k, "This many tokens at most; 0 is all")
      ->type_name("N")
      ->group(kSampling);
  app.add_option("--min-p", min_p, "Drop tokens below this share of the likeliest")
      ->type_name("N")
      ->group(kSampling);
  app.add_option("--repeat-penalty", repeat_penalty, "Make repetition less likely; 1 is off")
      ->type_name("N")
      ->group(kSampling);
  app.add_option("--stop", stop, "Text that ends the answer (repeatable)")
      ->type_name("TEXT")
      ->group(kSampling)
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  app.add_flag("--think{on}", think, "Let the model think first, where it can")
      ->type_name("on|off|low|high")
      ->group(kModel);
  app.add_option("--tools", tools, "Tools the model may call: a JSON list of functions")
      ->type_name("FILE")
      ->group(kModel);
  app.add_flag("--local-tools", local_tools,
               "Offer the tools of the built-in model (arithmetic, units, dates, …) and run them")
      ->group(kModel);
  app.add_option("--schema", schema, "Make the answer follow a JSON schema (not in this version)")
      ->type_name("FILE")
      ->group(kModel);
  app.add_option("--ctx", ctx, "Context in tokens")->type_name("N")->group(kModel);
  app.add_option("--kv", kv, "Type of the key/value cache")
      ->type_name("f32|f16|int8")
      ->group(kModel);
  app.add_option("--probe", probe, "Probe that measures confidence; default: the model's own")
      ->type_name("FILE|off")
      ->group(kModel);
  app.add_option("--threads", threads, "Threads; default: the performance cores")
      ->type_name("N")
      ->group(kModel);
}

Result<kernels::Type> parse_kv(const std::string& text) {
  if (text == "f32") return kernels::Type::f32;
  if (text == "f16") return kernels::Type::f16;
  if (text == "int8") return kernels::Type::q8;
  return make_error(ErrorKind::usage, "--kv cannot be '" + text + "'", "it is f32, f16 or int8");
}

Result<SessionRequest> session_request(const ModelFlags& flags, const Settings& settings) {
  SessionRequest request;
  request.force_isa = env("CACTUS_FORCE_ISA").value_or("");
  CACTUS_TRY(kv, parse_kv(flags.kv.value_or(settings.text("run.kv").value_or("int8"))));
  request.kv = kv;
  request.probe = flags.probe.value_or(settings.text("run.probe").value_or(""));
  const std::int64_t threads = flags.threads.value_or(settings.integer("run.threads").value_or(0));
  if (threads < 0 || threads > 1024)
    return out_of_range("--threads", std::to_string(threads), "it is 1 to 1024");
  request.threads = static_cast<int>(threads);
  request.context = flags.ctx.value_or(settings.integer("run.ctx").value_or(0));
  if (request.context < 0)
    return out_of_range("--ctx", std::to_string(request.context), "it is a number of tokens");
  return request;
}

Result<GenerateOptions> generate_options(const ModelFlags& flags, const Settings& settings) {
  GenerateOptions options;
  if (!flags.schema.empty())
    return make_error(ErrorKind::usage, "--schema is not in this version",
                      "answers that follow a JSON schema come with a later one",
                      "ask for the format in the prompt, and check the answer");
  const auto apply = [&](const std::string& name, const auto& flag) -> Status {
    if (flag) return set_option(options, name, as_text(*flag));
    if (const auto value = settings.text("run." + name)) return set_option(options, name, *value);
    return ok_status();
  };
  CACTUS_CHECK(apply("temp", flags.temp));
  CACTUS_CHECK(apply("top_p", flags.top_p));
  CACTUS_CHECK(apply("top_k", flags.top_k));
  CACTUS_CHECK(apply("min_p", flags.min_p));
  CACTUS_CHECK(apply("max_tokens", flags.max_tokens));
  CACTUS_CHECK(apply("repeat_penalty", flags.repeat_penalty));
  if (flags.seed) options.sample.seed = *flags.seed;
  for (const std::string& text : flags.stop)
    if (text.empty()) return out_of_range("--stop", "empty", "it is a text");
  options.stop = flags.stop;
  if (flags.think.empty()) {
    options.think = settings.boolean("run.think");
  } else {
    CACTUS_CHECK(set_option(options, "think", flags.think));
  }
  if (!flags.tools.empty() && flags.local_tools)
    return make_error(ErrorKind::usage, "--tools and --local-tools exclude each other",
                      "calls of your own tools are printed, those of the local ones are run");
  if (!flags.tools.empty()) {
    CACTUS_TRY(tools, read_tools(flags.tools));
    options.tools = std::move(tools);
  }
  return options;
}

Result<std::string> system_prompt(const ModelFlags& flags, const Settings& settings) {
  if (flags.system) return text_or_file(*flags.system);
  return settings.text("run.system").value_or("");
}

Status set_option(GenerateOptions& options, const std::string& name, const std::string& value) {
  const bool unset = value.empty();
  const auto number = [&](std::optional<float>& place, double least, double most,
                          const char* range) -> Status {
    place.reset();
    if (unset) return ok_status();
    CACTUS_TRY(parsed, parse_as<double>(name, value));
    if (!(parsed >= least && parsed <= most)) return out_of_range(name, value, range);
    place = static_cast<float>(parsed);
    return ok_status();
  };
  if (name == "temp") return number(options.sample.temperature, 0, 100, "it is 0 to 100");
  if (name == "top_p") return number(options.sample.top_p, 1e-9, 1, "it is above 0, and 1 at most");
  if (name == "min_p") return number(options.sample.min_p, 0, 1, "it is 0 to 1");
  if (name == "repeat_penalty")
    return number(options.sample.repetition_penalty, 0.01, 100, "it is 0.01 to 100");
  if (name == "top_k") {
    options.sample.top_k.reset();
    if (unset) return ok_status();
    CACTUS_TRY(parsed, parse_as<std::int64_t>(name, value));
    if (parsed < 0 || parsed > 1 << 30) return out_of_range(name, value, "it is 0 or more");
    options.sample.top_k = static_cast<int>(parsed);
    return ok_status();
  }
  if (name == "max_tokens") {
    options.max_tokens = 0;
    if (unset) return ok_status();
    CACTUS_TRY(parsed, parse_as<std::int64_t>(name, value));
    if (parsed < 1) return out_of_range(name, value, "it is 1 or more");
    options.max_tokens = parsed;
    return ok_status();
  }
  if (name == "seed") {
    options.sample.seed.reset();
    if (unset) return ok_status();
    CACTUS_TRY(parsed, parse_as<std::uint64_t>(name, value));
    options.sample.seed = parsed;
    return ok_status();
  }
  if (name == "think") {
    options.think = false;
    if (unset) return ok_status();
    if (value == "low" || value == "high") {
      options.think = true;
      return ok_status();
    }
    CACTUS_TRY(parsed, parse_bool(value, name));
    options.think = parsed;
    return ok_status();
  }
  return make_error(ErrorKind::usage, "there is no option '" + name + "'", "",
                    "/set alone lists them");
}

std::vector<std::string> option_names() {
  return {"temp", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens", "seed", "think"};
}

std::string option_text(const GenerateOptions& options, const std::string& name) {
  const std::string unset = "as the model says";
  const auto text = [&](const auto& value) { return value ? as_text(*value) : unset; };
  if (name == "temp") return text(options.sample.temperature);
  if (name == "top_p") return text(options.sample.top_p);
  if (name == "top_k") return text(options.sample.top_k);
  if (name == "min_p") return text(options.sample.min_p);
  if (name == "repeat_penalty") return text(options.sample.repetition_penalty);
  if (name == "max_tokens")
    return options.max_tokens > 0 ? std::to_string(options.max_tokens) : "no limit";
  if (name == "seed") return options.sample.seed ? as_text(*options.sample.seed) : "random";
  if (name == "think") return options.think ? "on" : "off";
  return {};
}

}  // namespace cactus::cli
