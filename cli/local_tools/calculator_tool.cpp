#include "cli/local_tools/calculator.h"
#include "cli/local_tools/local_tools.h"

namespace cactus::cli {
namespace {

// The expression as it is shown: without what only asked for it.
std::string shown_expression(std::string text) {
  while (!text.empty() && std::string_view(" =?").find(text.back()) != std::string_view::npos)
    text.pop_back();
  for (char& c : text)
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
  return text;
}

}  // namespace

Result<ToolAnswer> run_calculator(const Arguments& arguments, const ToolEnvironment&) {
  CACTUS_TRY(expression, arguments.text("expression"));
  auto calculation = calculate(expression);
  if (!calculation) {
    Error error = std::move(calculation).error();
    error.what = "cannot work out " + in_quotes(expression);
    if (error.fix.empty()) error.fix = "numbers and signs, like '18% of 249.90' or '(3 + 4) * 5'";
    return error;
  }
  auto [digits, rounded] = quantity_text(calculation->value);
  // "is 2028 a leap year" is sometimes taken for arithmetic: "2028 = 2028" would answer nothing.
  if (!calculation->is_percentage && shown_expression(expression) == digits) {
    return make_error(ErrorKind::usage, "cannot work out " + in_quotes(expression),
                      "there is nothing to work out in a single number",
                      "numbers and signs, like '18% of 249.90' or '(3 + 4) * 5'");
  }
  const std::string unit = calculation->is_percentage ? "%" : "";
  ToolAnswer answer;
  answer.value = {{"expression", expression}};
  const double number = as_double(calculation->value);
  const bool readable = digits.size() <= 16 && number - number == 0;
  // A number where a double holds every digit, else the digits themselves.
  if (readable)
    answer.value["result"] = Json::parse(digits, nullptr, false);
  else
    answer.value["result"] = digits;
  answer.value["exact"] = !rounded;
  if (calculation->is_percentage) answer.value["unit"] = "%";
  constexpr std::size_t kReadable = 60;
  std::string shown = grouped(digits) + unit;
  std::string sign = rounded ? " ≈ " : " = ";
  if (digits.size() > kReadable && digits.find('.') == std::string::npos) {
    shown = rounded_text(calculation->value.exact, 12) + unit + " (" +
            std::to_string(digits.size() - (digits[0] == '-' ? 1 : 0)) +
            " digits; --json shows them all)";
    sign = " ≈ ";
  }
  answer.sentence = shown_expression(expression) + sign + shown;
  if (calculation->radians) answer.sentence += " (the angle in radians; write 30° for degrees)";
  return answer;
}

}  // namespace cactus::cli
