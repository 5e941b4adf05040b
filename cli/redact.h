// What must not be shown: keys this process knows, and texts that look like keys. Every line for
// people and every log line passes here; answers of models do not.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace cactus::cli::redact {

// From now on text() and error() mask this value wherever it occurs. Values shorter than 8 bytes
// are not remembered: masking them would tear up ordinary text. Thread-safe, for the whole process.
void remember(const Secret& secret);

// `line` with the remembered values, key-shaped words and "Bearer …" values masked.
std::string text(std::string_view line);
Error error(Error shown);

}  // namespace cactus::cli::redact
