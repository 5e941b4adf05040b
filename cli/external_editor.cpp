#include "cli/external_editor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "cli/environment.h"
#include "cli/files.h"
#include "cli/termios_state.h"

namespace cactus::cli {
namespace {

// `command` may have arguments ("code --wait"), so a shell splits it.
int run_editor(const std::string& command, const std::string& file) {
  // Everything that allocates comes before fork(): other threads may hold the allocator's lock.
  const std::string script = command + " \"$1\"";
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGPIPE})
      std::signal(signal, SIG_DFL);
    execl("/bin/sh", "sh", "-c", script.c_str(), "sh", file.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

Result<std::string> edit_text(std::string_view text, std::string_view suffix) {
  std::string command = "vi";
  for (const char* name : {"EDITOR", "VISUAL", "CACTUS_EDITOR"})
    if (const auto value = env(name)) command = *value;
  std::error_code ignored;
  std::string folder = std::filesystem::temp_directory_path(ignored).string() + "/cactus-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr)
    return make_error(ErrorKind::resources, "cannot make a temporary folder", std::strerror(errno));
  const std::string file = folder + "/text" + std::string(suffix);
  Result<std::string> result = [&]() -> Result<std::string> {
    CACTUS_CHECK(write_file(file, text, 0600));
    const int code = [&] {
      const termios_state::OrdinaryKeys ordinary;
      return run_editor(command, file);
    }();
    if (code == 127)
      return make_error(ErrorKind::usage, "no editor '" + command + "'", "",
                        "EDITOR=nano cactus …");
    if (code != 0)
      return make_error(ErrorKind::usage, "the editor '" + command + "' failed",
                        "it ended with code " + std::to_string(code) + "; nothing was changed");
    return read_file(file, 16u << 20);
  }();
  std::filesystem::remove_all(folder, ignored);
  return result;
}

}  // namespace cactus::cli
