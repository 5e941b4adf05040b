// The hub's JSON, untrusted, into values. Errors are of kind network: what cannot be read was not
// sent by a hub; incompatible, for listings that are hostile.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "hub/hf/repository.h"

namespace cactus::hub {

Result<RepositoryInfo> parse_info(std::string_view json);
Result<std::vector<RepositoryInfo>> parse_search(std::string_view json);
Result<Refs> parse_refs(std::string_view json);
// One page of a tree, files only, each path and checksum checked.
Result<std::vector<TreeFile>> parse_tree(std::string_view json);
Result<Account> parse_account(std::string_view json);

// The address of rel="next" in a Link header; empty when there is none.
std::string next_page(std::string_view link);

// "W/\"abc\"" → "abc"
std::string_view bare_etag(std::string_view etag);

}  // namespace cactus::hub
