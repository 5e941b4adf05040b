// A model whose answers are known: it obeys the first word of the last message. So the command line
// is tested as a process, without weights.
//
//   "!slow N …"   N pieces "1 2 3 …", 20 ms apart, stops when cancelled
//   "!deaf N"     N pieces 20 ms apart, never looks at the cancel flag
//   "!raw HEX"    these bytes, one at a time
//   "!system"     the system prompt      "!count"  how many messages came
//   "!call"       a tool call            "!think"  a thought first
//   "!fail"       an error               "!long"   finish length
//   "!sure C …"   the rest, word by word, with confidence C as a probe's; "!hopeless" has 0.05 all
//                 the way: 1 2 3 … 30
//   "!all"        what all messages say, joined by '|'
//   "!tools JSON"  these calls          "!nothing" neither text nor calls
//   "!lacks"      no calls, for convert_unit's "to" was not said
//   "!offered"    how many tools were offered
//   anything else: the message itself, word by word
#pragma once
#include "cli/services.h"

namespace cactus::cli {

Services echo_services();

}  // namespace cactus::cli
