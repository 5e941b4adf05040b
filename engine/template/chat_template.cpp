#include "engine/template/chat_template.h"

#include <chrono>
#include <new>

#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/template/failure.h"
#include "engine/template/from_json.h"
#include "engine/template/interpreter.h"
#include "engine/template/parser.h"

namespace cactus {
namespace {

constexpr std::size_t kMaxSource = 4 << 20;

Error error_of(const jinja::Failure& failure, std::string_view what, std::string fix = {}) {
  std::string where = failure.line > 0 ? " (line " + std::to_string(failure.line) + ")" : "";
  return make_error(failure.kind, std::string(what) + where, failure.what, std::move(fix));
}

std::int64_t clock_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

ChatTemplate::ChatTemplate(std::unique_ptr<const jinja::Program> program)
    : program_(std::move(program)) {}
ChatTemplate::~ChatTemplate() = default;

Result<std::unique_ptr<const ChatTemplate>> ChatTemplate::parse(std::string source) {
  constexpr std::string_view kWhat = "the chat template cannot be read";
  if (source.size() > kMaxSource) {
    return make_error(ErrorKind::incompatible, std::string(kWhat), "it is larger than 4 MiB");
  }
  if (!utf8::is_valid(source)) {
    return make_error(ErrorKind::incompatible, std::string(kWhat), "it is not UTF-8");
  }
  try {
    auto program = jinja::parse_program(std::move(source));
    return std::unique_ptr<const ChatTemplate>(new ChatTemplate(std::move(program)));
  } catch (const jinja::Failure& failure) {
    return error_of(failure, kWhat, "a newer version of the model's files, or --template FILE");
  }
}

Result<Rendered> ChatTemplate::render(const Json& variables, const RenderLimits& limits,
                                      std::optional<std::int64_t> now) const {
  if (!variables.is_object()) {
    return make_error(ErrorKind::usage, "the template's variables are not an object");
  }
  try {
    jinja::Interpreter interpreter(*program_, limits, now ? *now : clock_now());
    for (const auto& [name, value] : variables.items()) {
      if (!mentions(name)) continue;
      interpreter.define(name, jinja::from_json(value, value.is_structured()));
    }
    return interpreter.run().take();
  } catch (const jinja::Failure& failure) {
    return error_of(failure, failure.kind == ErrorKind::incompatible
                                 ? "the chat template cannot be run"
                                 : "the chat template refuses this conversation");
  } catch (const std::bad_alloc&) {
    return make_error(ErrorKind::resources, "there is not enough memory to render the template");
  }
}

bool ChatTemplate::mentions(std::string_view variable) const {
  const auto it = program_->symbols.find(std::string(variable));
  return it != program_->symbols.end() && it->second < program_->read.size() &&
         program_->read[it->second];
}

bool ChatTemplate::contains(std::string_view text) const {
  return program_->source.find(text) != std::string::npos;
}

}  // namespace cactus
