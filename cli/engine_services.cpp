// The real engine behind the command line.
#include <chrono>

#include "cli/open_model.h"
#include "cli/services.h"
#include "engine/builtin/builtin.h"
#include "engine/models/decoder.h"
#include "engine/probe/probe.h"
#include "engine/weights/bundle.h"
#include "engine/weights/manifest.h"
#include "kernels/dispatch.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What the large matrices are stored as: the type most bytes have.
std::string variant_of(const Manifest& manifest) {
  std::uint64_t bytes[5] = {};
  for (const TensorInfo& tensor : manifest.tensors)
    bytes[static_cast<std::size_t>(tensor.type)] += tensor.size;
  std::size_t most = 0;
  for (std::size_t i = 1; i < 5; ++i)
    if (bytes[i] > bytes[most]) most = i;
  switch (static_cast<kernels::Type>(most)) {
    case kernels::Type::f32:
      return "f32";
    case kernels::Type::f16:
      return "f16";
    case kernels::Type::bf16:
      return "bf16";
    case kernels::Type::q8:
      return "int8";
    case kernels::Type::q4:
      return "int4";
  }
  return "";
}

// The probe asked for, which must fit; or the bundle's own, without which everything else still
// works.
Result<std::shared_ptr<const Probe>> find_probe(const SessionRequest& request, const Model& model,
                                                std::string& warning) {
  if (request.probe == "off") return std::shared_ptr<const Probe>();
  if (!request.probe.empty()) {
    CACTUS_TRY(probe, Probe::open(request.probe));
    CACTUS_CHECK(probe->check(model, "'" + request.probe + "'"));
    return std::move(probe);
  }
  const auto bytes = model.bundle().file(kProbeFile);
  if (!bytes && bytes.error().kind == ErrorKind::not_found) return std::shared_ptr<const Probe>();
  const std::string name = "the probe in " + request.folder.string();
  auto probe =
      bytes ? Probe::parse(*bytes, name) : Result<std::shared_ptr<const Probe>>(bytes.error());
  Status usable = probe ? (*probe)->check(model, name) : Status(probe.error());
  if (usable) return probe;
  warning = usable.error().what + ": " + usable.error().why + "; answers have no confidence";
  return std::shared_ptr<const Probe>();
}

Result<OpenSession> open_session(const SessionRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  const kernels::Selection selection = kernels::select_table(request.force_isa);
  if (selection.table == nullptr)
    return make_error(ErrorKind::resources, "no instruction set to run on", selection.error,
                      "cactus --version, which lists those of this CPU");
  CACTUS_TRY(model, open_model(request.folder));
  SessionOptions options;
  options.table = selection.table;
  options.threads = request.threads > 0 ? request.threads : kernels::default_threads();
  options.kv = request.kv;
  options.context = request.context;
  OpenSession open;
  CACTUS_TRY(probe, find_probe(request, *model, open.warning));
  if (probe != nullptr) open.threshold = probe->card().threshold;
  options.probe = std::move(probe);
  CACTUS_TRY(session, Session::create(model, options));
  const Manifest& manifest = model->bundle().manifest();
  open.name = model->name();
  open.revision = text_at(manifest.source, "commit");
  open.variant = variant_of(manifest);
  open.family = manifest.family;
  open.licence = manifest.licence;
  open.isa = selection.table->name;
  open.threads = options.threads;
  const std::int64_t limit = model->decoder().info().context;
  open.context = request.context > 0 ? std::min(request.context, limit) : limit;
  open.session = std::move(session);
  open.load_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return open;
}

std::optional<BuiltinModel> builtin_model() {
  const auto bundle = open_builtin();
  if (!bundle) return {};
  BuiltinModel builtin{std::string(kBuiltinName), variant_of((*bundle)->manifest()),
                       std::string(runtime_version())};
  for (const MemoryFile& file : builtin_files()) builtin.bytes += file.bytes.size();
  return builtin;
}

}  // namespace

Services engine_services() {
  return {open_session, builtin_model};
}

}  // namespace cactus::cli
