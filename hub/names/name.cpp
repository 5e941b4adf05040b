#include "hub/names/name.h"

#include <algorithm>

namespace cactus::hub {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Why it is not one part of a repository's name; empty when it is.
std::string part_problem(std::string_view part) {
  if (part.empty()) return "it needs both an organisation and a name";
  if (part.size() > 96) return "each part has at most 96 characters";
  const bool known = std::all_of(part.begin(), part.end(),
                                 [](char c) { return is_word(c) || c == '-' || c == '.'; });
  if (!known) return "letters, digits, '_', '-' and '.' are all it can have";
  if (!is_word(part.front()) || !is_word(part.back()))
    return "no part begins or ends with '-' or '.'";
  if (part.find("--") != std::string_view::npos || part.find("..") != std::string_view::npos)
    return "'--' and '..' are not allowed";
  if (part.ends_with(".git")) return "it cannot end with .git";
  return {};
}

std::string repository_problem(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return "a model is ORGANISATION/NAME";
  if (std::string why = part_problem(text.substr(0, slash)); !why.empty()) return why;
  return part_problem(text.substr(slash + 1));
}

Error bad_name(std::string_view text, std::string why) {
  return make_error(ErrorKind::usage, "'" + std::string(text) + "' is not a model's name",
                    std::move(why), "cactus run google/gemma-4-E2B-it, or a folder: ./model");
}

// An address copied from the browser, without its host; revision from /tree/REVISION.
std::string_view strip_address(std::string_view text, std::string& revision) {
  for (const std::string_view prefix :
       {"https://huggingface.co/", "http://huggingface.co/", "https://hf.co/", "hf.co/",
        "huggingface.co/", "hf://"}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    while (text.ends_with('/')) text.remove_suffix(1);
    if (const std::size_t tree = text.find("/tree/"); tree != std::string_view::npos) {
      revision = text.substr(tree + 6);
      text = text.substr(0, tree);
    }
    return text;
  }
  return text;
}

}  // namespace

std::string ModelName::text() const {
  return repository + (variant.empty() ? "" : ":" + variant) +
         (revision.empty() ? "" : "@" + revision);
}

bool is_path(std::string_view text) {
  return text == "." || text == ".." || text.starts_with('/') || text.starts_with('~') ||
         text.starts_with("./") || text.starts_with("../");
}

Result<ModelName> parse_name(std::string_view given) {
  ModelName name;
  std::string_view text = strip_address(given, name.revision);
  if (text.starts_with("hf:")) text.remove_prefix(3);
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    name.revision = text.substr(at + 1);
    if (name.revision.empty()) return bad_name(given, "nothing stands after '@'");
    text = text.substr(0, at);
  }
  if (!name.revision.empty() && !is_revision(name.revision))
    return bad_name(given, "'" + name.revision + "' can be no tag, branch or commit");
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    name.variant = text.substr(colon + 1);
    if (name.variant == "fp16") name.variant = "f16";
    if (!is_variant(name.variant))
      return bad_name(given, "there is no variant '" + name.variant + "'; int4, int8, f16 exist");
    text = text.substr(0, colon);
  }
  if (std::string why = repository_problem(text); !why.empty())
    return bad_name(given, std::move(why));
  name.repository = text;
  return name;
}

bool is_repository(std::string_view text) {
  return repository_problem(text).empty();
}

bool is_revision(std::string_view text) {
  if (text.empty() || text.size() > 255 || text.front() == '/' || text.back() == '/' ||
      text.front() == '-' || text.front() == '.' || text.back() == '.' ||
      text.find("..") != std::string_view::npos || text.find("//") != std::string_view::npos ||
      text.find("/.") != std::string_view::npos || text.ends_with(".lock"))
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_word(c) || c == '-' || c == '.' || c == '/' || c == '+' || c == '#' || c == '=';
  });
}

bool is_commit_prefix(std::string_view text) {
  return text.size() >= 7 && text.size() <= 40 && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_whole_commit(std::string_view text) {
  return text.size() == 40 && is_commit_prefix(text);
}

bool is_variant(std::string_view text) {
  return bits_of(text) != 0;
}

int bits_of(std::string_view variant) {
  return variant == "int4" ? 4 : variant == "int8" ? 8 : variant == "f16" ? 16 : 0;
}

std::string folder_of(std::string_view repository) {
  std::string folder(repository);
  if (const std::size_t slash = folder.find('/'); slash != std::string::npos)
    folder.replace(slash, 1, "--");
  return folder;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace cactus::hub
