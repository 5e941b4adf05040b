// What the command line needs from the engine to hold a conversation, behind one function so that
// tests can talk to a model whose answers are known.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/session.h"

namespace cactus::cli {

// In the place of a folder: the model inside the program.
inline constexpr const char* kBuiltinPath = "builtin:";

struct SessionRequest {
  std::filesystem::path folder;  // a bundle, or kBuiltinPath
  std::string force_isa;         // CACTUS_FORCE_ISA, or empty
  int threads = 0;               // 0: the default
  kernels::Type kv = kernels::Type::q8;
  std::int64_t context = 0;  // 0: the model's limit
  std::string probe;         // a file; "off": none; empty: the bundle's own, when it has one
};

// A session and what is said about its model.
struct OpenSession {
  std::unique_ptr<Session> session;
  std::string name;      // source repository, or the folder's name
  std::string revision;  // commit of the source, when known
  std::string variant;   // "int4", "int8", "f16", "f32"
  std::string family;
  std::string licence;
  std::string isa;  // instruction set in use
  int threads = 0;
  std::int64_t context = 0;
  double load_ms = 0;
  std::optional<double> threshold;  // of its probe, when that names one
  std::string warning;              // about the bundle's own probe when it cannot be used
};

// The model inside the program, as `list` shows it.
struct BuiltinModel {
  std::string name, variant, version;
  std::uint64_t bytes = 0;
};

struct Services {
  std::function<Result<OpenSession>(const SessionRequest&)> open_session;
  std::function<std::optional<BuiltinModel>()> builtin = {};  // may be empty, as may be its result
};

// The real ones.
Services engine_services();

}  // namespace cactus::cli
