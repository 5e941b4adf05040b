// Unicode normal forms and properties (data: utf8proc). Linear in the text, whatever the text.
#pragma once
#include <string>
#include <string_view>

namespace cactus::text {

enum class NormalForm { nfc, nfd, nfkc, nfkd };

// `text` must be UTF-8, as everywhere in this header.
std::string to_normal_form(std::string_view text, NormalForm form);
// Each code point by itself: no rule for the final sigma.
std::string to_lower(std::string_view text);
std::string without_nonspacing_marks(std::string_view text);

bool is_ascii(std::string_view text);
bool is_white_space(char32_t c);  // property White_Space
bool is_word(char32_t c);         // letter, mark, number or connector
bool is_other(char32_t c);        // general category C*: control, format, unassigned, private
bool is_cjk_ideograph(char32_t c);

}  // namespace cactus::text
