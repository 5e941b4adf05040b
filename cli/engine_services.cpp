// The real engine behind the command line.
#include <chrono>

#include "cli/services.h"
#include "engine/builtin/builtin.h"
#include "engine/models/decoder.h"
#include "engine/weights/bundle.h"
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

Result<OpenSession> open_session(const SessionRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  const kernels::Selection selection = kernels::select_table(request.force_isa);
  if (selection.table == nullptr)
    return make_error(ErrorKind::resources, "no instruction set to run on", selection.error,
                      "cactus --version, which lists those of this CPU");
  CACTUS_TRY(bundle,
             request.folder == kBuiltinPath ? open_builtin() : Bundle::open(request.folder));
  CACTUS_TRY(model, Model::open(std::move(bundle)));
  SessionOptions options;
  options.table = selection.table;
  options.threads = request.threads > 0 ? request.threads : kernels::default_threads();
  options.kv = request.kv;
  options.context = request.context;
  CACTUS_TRY(session, Session::create(model, options));

  OpenSession open;
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

}  // namespace

Services engine_services() {
  return {open_session};
}

}  // namespace cactus::cli
