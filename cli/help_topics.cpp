#include "cli/help_topics.h"

#include "cli/exit_code.h"
#include "cli/settings_keys.h"

namespace cactus::cli {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size() + 2, width), ' ');
  return text;
}

std::string environment() {
  struct Variable {
    const char* name;
    const char* help;
  };
  static constexpr Variable kVariables[] = {
      {"CACTUS_FORCE_ISA",
       "instruction set: scalar, avx2, avxvnni, avx512vnni, neon, dotprod, i8mm"},
      {"CACTUS_LOG", "log level, or 'level,part=level' (trace, debug, info, warn, error, off)"},
      {"CACTUS_CONFIG_DIR", "folder of config.toml (default: $XDG_CONFIG_HOME/cactus)"},
      {"CACTUS_STATE_DIR", "folder of history and conversations (default: $XDG_STATE_HOME/cactus)"},
      {"CACTUS_MODELS_DIR", "folder of installed models (default: $XDG_DATA_HOME/cactus/models)"},
      {"CACTUS_CACHE_DIR", "folder of what can be made again (default: $XDG_CACHE_HOME/cactus)"},
      {"CACTUS_HOME", "one folder for all four: config, state, models and cache below it"},
      {"CACTUS_OFFLINE", "1: no connection at all, as --offline (also HF_HUB_OFFLINE)"},
      {"CACTUS_YES", "1: models are fetched and removed without asking, as --yes"},
      {"HF_ENDPOINT", "another hub than https://huggingface.co"},
      {"HF_TOKEN, HF_TOKEN_PATH", "token of Hugging Face, or the file that holds it"},
      {"HF_HOME, HF_HUB_CACHE", "where the files of the Hugging Face tools are, shared with them"},
      {"HF_HUB_DISABLE_PROGRESS_BARS", "1: no progress while downloading"},
      {"https_proxy, NO_PROXY", "proxy, and hosts that need none; never used for loopback"},
      {"SSL_CERT_FILE, CURL_CA_BUNDLE", "certificates to trust instead of the system's"},
      {"CACTUS_NO_HISTORY", "1: chat keeps no history of what was typed"},
      {"CACTUS_EDITOR", "editor for Ctrl-G, /edit and config edit (then VISUAL, EDITOR, vi)"},
      {"CACTUS_<PROVIDER>_API_KEY",
       "key of a provider; then ANTHROPIC_API_KEY, OPENAI_API_KEY,"
       " GEMINI_API_KEY, GOOGLE_API_KEY, DEEPSEEK_API_KEY,"
       " OPENROUTER_API_KEY, HF_TOKEN"},
      {"CACTUS_NO_KEYCHAIN", "1: the system's keychain is never asked"},
      {"ANTHROPIC_BASE_URL", "and OPENAI_BASE_URL, GEMINI_BASE_URL: other addresses of providers"},
      {"NO_COLOR", "no colours and styles, if not empty"},
      {"FORCE_COLOR", "colours even off a terminal, if not empty or 0; beats NO_COLOR"},
      {"CLICOLOR_FORCE", "as FORCE_COLOR, but NO_COLOR beats it"},
      {"CLICOLOR", "0: no colours"},
      {"TERM", "dumb: no colours"},
      {"XDG_CONFIG_HOME, XDG_DATA_HOME, …", "as the XDG base directory specification says"},
  };
  std::string text =
      "Environment variables. A flag on the command line goes before them, they go before\n"
      "settings files. Booleans are 1, true, yes, on or 0, false, no, off.\n\n";
  for (const Variable& variable : kVariables)
    text += "  " + padded(variable.name, 34) + variable.help + "\n";
  text += "\nSettings (see cactus config list):\n\n";
  for (const SettingKey& key : setting_keys())
    text += "  " + padded(setting_variable(key.name), 34) + std::string(key.name) + ": " +
            std::string(key.help) + "\n";
  return text;
}

std::string exit_code_table() {
  std::string text = "What cactus ends with. A number never changes its meaning.\n\n";
  for (const ExitCodeInfo& info : exit_codes()) {
    const std::string number = std::to_string(info.code);
    text += "  " + std::string(3 - number.size(), ' ') + number + "  " +
            padded(std::string(info.name), 14) + std::string(info.meaning) + "\n";
  }
  return text;
}

constexpr char kFormatting[] =
    R"(Standard output carries the answer and nothing else; notes, progress, warnings and errors go to
standard error. Off a terminal the answer is the model's text byte for byte, and ends with exactly
one newline. On a terminal control characters and escape sequences in it are taken out, and
Markdown is styled (--plain, or cactus config set ui.markdown false, turns that off).

--json prints one object when the answer is whole. Keys are added, never renamed or removed:

  v                    1
  success              false when the answer was cut short or failed
  model, revision, variant
  response             the answer
  thought              what the model thought first, with --think
  finish_reason        stop, length, tool_calls, cancelled, refused (no tool served), error
  cloud_handoff, confidence, confidence_source, threshold, reason
  provider, provider_model, provider_request_id
  cloud_usage          {input, output, cached}: tokens, as the provider counted them
  cost                 US dollars, of all requests of the turn
  attempts             [{target, error, ms}]: every provider that was asked
  handoff_error, handoff_failure   why the local answer stands: only when it was not wanted
  usage                {input, output, cached}: tokens
  timing               {load_ms, prefill_ms, ttft_ms, decode_ms, probe_ms, cloud_ms, total_ms,
                       prefill_tps, decode_tps}
  memory_peak_bytes, seed
  tool_calls           [{name, arguments}]
  tool_results         [{name, result, text} or {name, error}]: of tools that cactus ran
  decline_reason       why no tool was called, with refused
  lacking              {name, argument}: the tool that would serve, and what was not said
  warnings             [text]
  error                {code, exit_code, message, why, hint}: only when there is no answer

--jsonl prints an event a line, the event's name in "event":

  start {v, model, revision, variant}     token {text}        thought {text}
  discard {}  (the local answer is withdrawn)
  asking {target, reason}                 route {decision, confidence, threshold, reason}
  tool_call {call}                        tool_result {name, result, text or error}
  error {code, message, hint}
  done {…the object of --json}

-x prints the contents of fenced code blocks only (-x for all, --extract=python for one language).
Tool calls are printed after the text, one JSON object a line.
)";

}  // namespace

std::vector<std::string> topic_names() {
  return {"environment", "exit-codes", "formatting", "reference"};
}

std::string topic_list() {
  return "environment | exit-codes | formatting | reference";
}

std::string help_topic(std::string_view name) {
  if (name == "environment") return environment();
  if (name == "exit-codes") return exit_code_table();
  if (name == "formatting") return kFormatting;
  return {};
}

}  // namespace cactus::cli
