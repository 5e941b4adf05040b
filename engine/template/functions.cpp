// The functions every template has.
#include <algorithm>
#include <memory>

#include "engine/template/builtins.h"

namespace cactus::jinja {
namespace {

Value fn_range(Interpreter& interpreter, const Arguments& arguments) {
  const Parameters p("range", arguments, {"start", "stop", "step"});
  std::int64_t begin = expect_integer(p.required(0), "range");
  std::int64_t end = 0;
  if (p.has(1)) {
    end = p.integer(1, 0);
  } else {
    std::swap(begin, end);
  }
  const std::int64_t step = p.integer(2, 1);
  if (step == 0) fail("range() arg 3 must not be zero");
  const auto span =
      step > 0 ? static_cast<__int128>(end) - begin : static_cast<__int128>(begin) - end;
  const auto stride = step > 0 ? static_cast<__int128>(step) : -static_cast<__int128>(step);
  const __int128 count = span <= 0 ? 0 : (span + stride - 1) / stride;
  if (count > interpreter.limits().range_items) {
    fail("range() is limited to " + std::to_string(interpreter.limits().range_items) + " items",
         ErrorKind::resources);
  }
  std::vector<Value> items;
  items.reserve(static_cast<std::size_t>(count));
  std::int64_t value = begin;
  for (__int128 i = 0; i < count; ++i) {
    items.emplace_back(value);
    if (i + 1 < count) value += step;
  }
  interpreter.charge_items(items.size());
  return make_list(std::move(items), ListKind::range);
}

Dict dict_of(const Arguments& arguments) {
  Dict dict;
  if (arguments.positional.size() > 1) fail("dict() takes at most 1 positional argument");
  if (!arguments.positional.empty()) {
    const Value& from = arguments.positional[0];
    if (from.is_undefined()) fail(from.undefined_message());
    if (from.dict() != nullptr) {
      dict = *from.dict();
    } else if (from.list() != nullptr) {
      for (const Value& pair : from.list()->items) {
        if (pair.list() == nullptr || pair.list()->items.size() != 2) fail("dict() needs pairs");
        dict.set(pair.list()->items[0], pair.list()->items[1]);
      }
    } else {
      fail("dict() needs a mapping or pairs");
    }
  }
  for (const auto& [name, value] : arguments.named) dict.set(Text(name), value);
  return dict;
}

Value fn_dict(Interpreter&, const Arguments& arguments) {
  return make_dict(dict_of(arguments));
}

Value fn_namespace(Interpreter& interpreter, const Arguments& arguments) {
  auto space = std::make_shared<Namespace>();
  for (const auto& [key, value] : dict_of(arguments).entries) {
    space->set(expect_text(key, "namespace").bytes(), value);
  }
  return interpreter.keep(std::move(space));
}

Value fn_raise_exception(Interpreter&, const Arguments& arguments) {
  const Parameters p("raise_exception", arguments, {"message"});
  fail(print(p.required(0)).bytes());
}

Value fn_strftime_now(Interpreter& interpreter, const Arguments& arguments) {
  const Parameters p("strftime_now", arguments, {"format"});
  const Text& format = p.text(0);
  interpreter.charge_text(format.size() * 16);
  Text out;
  out.append(format_time(interpreter.now(), format.view()), format.has_user());
  return out;
}

struct Cycler final : Object, std::enable_shared_from_this<Cycler> {
  std::vector<Value> items;  // not empty until release()
  std::size_t at = 0;
  std::string_view type_name() const override { return "Cycler"; }
  Value attribute(std::string_view name) override;
  void release() override { items.clear(); }
};

Value cycler_next(Interpreter&, const Value& self, const Arguments&) {
  auto* cycler = static_cast<Cycler*>(self.object());
  const std::size_t now = std::exchange(cycler->at, (cycler->at + 1) % cycler->items.size());
  return cycler->items[now];
}

Value cycler_reset(Interpreter&, const Value& self, const Arguments&) {
  static_cast<Cycler*>(self.object())->at = 0;
  return {};
}

Value Cycler::attribute(std::string_view name) {
  const Value self = std::static_pointer_cast<Object>(shared_from_this());
  if (name == "current") return items[at];
  if (name == "next") return make_method(self, cycler_next);
  if (name == "reset") return make_method(self, cycler_reset);
  return Object::attribute(name);
}

Value fn_cycler(Interpreter& interpreter, const Arguments& arguments) {
  if (arguments.positional.empty()) fail("at least one item has to be provided");
  auto cycler = std::make_shared<Cycler>();
  cycler->items = arguments.positional;
  return interpreter.keep(std::move(cycler));
}

struct Joiner final : Object {
  Text separator;
  bool used = false;
  std::string_view type_name() const override { return "Joiner"; }
  bool callable() const override { return true; }
  Value call(Interpreter&, const Arguments&) override {
    return std::exchange(used, true) ? Value(separator) : Value(Text());
  }
};

Value fn_joiner(Interpreter&, const Arguments& arguments) {
  const Parameters p("joiner", arguments, {"sep"});
  auto joiner = std::make_shared<Joiner>();
  joiner->separator = p.text(0, ", ");
  return std::static_pointer_cast<Object>(std::move(joiner));
}

constexpr Row<FunctionBody> kFunctions[] = {
    {"range", fn_range},
    {"dict", fn_dict},
    {"namespace", fn_namespace},
    {"raise_exception", fn_raise_exception},
    {"strftime_now", fn_strftime_now},
    {"cycler", fn_cycler},
    {"joiner", fn_joiner},
};

}  // namespace

std::span<const Row<FunctionBody>> functions() {
  return kFunctions;
}

}  // namespace cactus::jinja
