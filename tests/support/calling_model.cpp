#include "tests/support/calling_model.h"

#include "tests/support/files.h"

namespace cactus::test {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

}  // namespace

void write_calling_checkpoint(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  const fs::path source = fixture("smollm2_llama");
  fs::create_directories(folder);
  for (const char* name : {"config.json", "generation_config.json", "model.safetensors"})
    fs::copy_file(source / name, folder / name);
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
    std::string text = read_file(source / name);
    replace_all(text, "<jupyter_start>", "<|tool_call_start|>");
    replace_all(text, "<jupyter_text>", "<|tool_call_end|>");
    replace_all(text, "<jupyter_code>", "<|no_tool|>");
    write_file(folder / name, text);
  }
  fs::copy_file(fs::path(CACTUS_SOURCE) / "packaging/builtin/chat_template.jinja",
                folder / "chat_template.jinja");
}

}  // namespace cactus::test
