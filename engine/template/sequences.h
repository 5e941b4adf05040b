// What filters over sequences share: attribute paths, and order with or without case.
#pragma once
#include <vector>

#include "engine/template/interpreter.h"
#include "engine/template/value.h"

namespace cactus::jinja {

// attribute='a.b.0': what item['a']['b'][0] is; the item itself for a null attribute.
Value path_of(Interpreter& interpreter, const Value& item, const Value* attribute);

// The value to compare instead of `value`: lower-cased when it is a string and case is ignored.
Value sort_key(const Value& value, bool case_sensitive);

// Sorts the indices of `keys`; stable, the reverse too. Charges for the comparisons.
std::vector<std::size_t> sorted_order(Interpreter& interpreter, const std::vector<Value>& keys,
                                      bool reverse);

}  // namespace cactus::jinja
