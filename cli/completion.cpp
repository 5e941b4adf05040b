#include "cli/completion.h"

#include <algorithm>

#include "cli/environment.h"
#include "cli/help_topics.h"
#include "cli/models/checks.h"
#include "cli/settings_keys.h"
#include "hub/store/store.h"

namespace cactus::cli {
namespace {

const OptionDoc* find_option(const std::vector<const CommandDoc*>& commands,
                             std::string_view name) {
  for (const CommandDoc* command : commands)
    for (const OptionDoc& option : command->options)
      if (std::find(option.names.begin(), option.names.end(), name) != option.names.end())
        return &option;
  return nullptr;
}

// Installed models: the name alone where that is enough.
void add_models(Completion& out) {
  const std::vector<hub::Installed> models = hub::Store(models_folder()).list();
  for (const hub::Installed& one : models) {
    if (!one.current) continue;
    const bool alone = std::count_if(models.begin(), models.end(), [&](const hub::Installed& other) {
                         return other.current && other.record.name == one.record.name;
                       }) == 1;
    out.candidates.push_back({alone ? one.record.name : one.title(), one.version()});
  }
}

// What a value called FILE, "a|b|c", KEY … can be.
void add_values(Completion& out, const std::string& kind, const CommandDoc& root) {
  if (kind == "FILE" || kind == "FOLDER" || kind == "MODEL" || kind == "PROMPT" ||
      kind == "TEXT|@FILE" || kind == "CHECKPOINT") {
    out.files = true;
    if (kind == "MODEL") add_models(out);
  } else if (kind == "CHECK") {
    for (const Check& check : checks())
      out.candidates.push_back({std::string(check.name), std::string(check.help)});
  } else if (kind == "KEY") {
    for (const SettingKey& key : setting_keys())
      out.candidates.push_back({std::string(key.name), std::string(key.help)});
  } else if (kind == "TOPIC") {
    for (const std::string& topic : topic_names()) out.candidates.push_back({topic, "topic"});
    for (const CommandDoc& command : root.commands)
      out.candidates.push_back({command.name, command.summary});
  } else if (kind == "WHEN") {
    add_values(out, "auto|always|never", root);
  } else if (kind.find('|') != std::string::npos) {
    for (std::size_t at = 0; at <= kind.size();) {
      const std::size_t bar = std::min(kind.find('|', at), kind.size());
      out.candidates.push_back({kind.substr(at, bar - at), ""});
      at = bar + 1;
    }
  }
}

void keep_prefix(Completion& out, std::string_view prefix) {
  std::erase_if(out.candidates, [&](const Candidate& c) { return !c.word.starts_with(prefix); });
}

constexpr char kBash[] = R"sh(# bash completion for cactus: eval "$(cactus completion bash)"
_cactus() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <(cactus __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _cactus cactus
)sh";

constexpr char kZsh[] = R"sh(#compdef cactus
# zsh completion for cactus: cactus completion zsh > "${fpath[1]}/_cactus"
_cactus() {
  local line files=0
  local -a found
  while IFS= read -r line; do
    case $line in
      :files) files=1 ;;
      *) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done < <(cactus __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#found} )) && _describe cactus found
  (( files )) && _files
}
if [ "$funcstack[1]" = _cactus ]; then _cactus "$@"; else compdef _cactus cactus; fi
)sh";

constexpr char kFish[] =
    R"sh(# fish completion for cactus: cactus completion fish > ~/.config/fish/completions/cactus.fish
function __cactus_complete
    set -l words (commandline -opc)
    for line in (cactus __complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c cactus -f -a '(__cactus_complete)'
)sh";

}  // namespace

Completion complete(const CommandDoc& root, const std::vector<std::string>& words) {
  Completion out;
  const std::string current = words.empty() ? std::string() : words.back();
  std::vector<const CommandDoc*> commands = {&root};  // those on the way, the deepest last
  std::size_t positional = 0;
  bool only_words = false;
  const OptionDoc* pending = nullptr;  // an option that waits for its value
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (pending != nullptr) {
      pending = nullptr;
      continue;
    }
    if (!only_words && word == "--") {
      only_words = true;
    } else if (!only_words && word.size() > 1 && word[0] == '-') {
      const OptionDoc* option = find_option(commands, word);
      if (option != nullptr && !option->value.empty() && !option->optional_value) pending = option;
    } else if (const CommandDoc* next = find_command(*commands.back(), word);
               next != nullptr && next != commands.back() && !only_words) {
      commands.push_back(next);
    } else {
      ++positional;
    }
  }
  if (pending != nullptr) {
    add_values(out, pending->value, root);
    keep_prefix(out, current);
    return out;
  }
  if (const std::size_t equal = current.find('=');
      !only_words && current.starts_with("--") && equal != std::string::npos) {
    if (const OptionDoc* option = find_option(commands, current.substr(0, equal)))
      add_values(out, option->value, root);
    for (Candidate& candidate : out.candidates)
      candidate.word = current.substr(0, equal + 1) + candidate.word;
    keep_prefix(out, current);
    return out;
  }
  if (!only_words && current.starts_with('-')) {
    for (auto it = commands.rbegin(); it != commands.rend(); ++it)
      for (const OptionDoc& option : (*it)->options)
        for (const std::string& name : option.names)
          if (name.starts_with("--")) out.candidates.push_back({name, option.help});
    keep_prefix(out, current);
    return out;
  }
  for (const CommandDoc& command : commands.back()->commands)
    out.candidates.push_back({command.name, command.summary});
  std::size_t at = 0;
  for (const OptionDoc& option : commands.back()->options) {
    if (option.positional.empty()) continue;
    if (at == positional || (option.repeatable && at < positional))
      add_values(out, option.positional, root);
    ++at;
  }
  keep_prefix(out, current);
  return out;
}

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return {};
}

}  // namespace cactus::cli
