// Images and sounds of a conversation. Messages of the user name them; their bytes lie beside it:
//
//   {"role": "user", "content": "What is this?",
//    "attachments": [{"id": 0, "name": "cat.png", "kind": "image"}]}
//
// `id` is a place in the store. An entry without one is only remembered (a conversation that was
// saved, an image a provider refused): its bytes can no longer be sent.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "router/provider.h"

namespace cactus {

using Attachments = std::vector<Attachment>;

// Which kinds a model takes in, or a user lets out.
struct Modalities {
  bool image = false, audio = false;
  bool has(Attachment::Kind kind) const {
    return kind == Attachment::Kind::image ? image : audio;
  }
};

std::string_view kind_name(Attachment::Kind kind);  // "image", "audio"
// The name, or "an image", "a sound".
std::string shown_name(const Attachment& attachment);

Json attachment_entry(std::size_t id, const Attachment& attachment);
// Those that one message names, as far as `store` has them.
std::vector<const Attachment*> attachments_of(const Json& message, const Attachments& store);
// Names of the attachments in all messages, or in the last question alone, that `seen` does not
// take in; also of those without bytes.
std::vector<std::string> unseen_names(const Json& messages, Modalities seen, bool last_question);
// Entries keep their names and lose their ids.
void forget_bytes(Json& messages);

// "a.png", "a.png and b.wav", "a.png, b.wav and c.png".
std::string name_list(const std::vector<std::string>& names);

}  // namespace cactus
