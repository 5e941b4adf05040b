// A record of an install that passes all checks, to vary.
#pragma once
#include "hub/store/record.h"

namespace cactus::test {

inline hub::Record sample_record() {
  hub::Record r;
  r.name = r.repository = "org/Model";
  r.variant = "int4";
  r.commit = "0123456789abcdef0123456789abcdef01234567";
  r.format = "1.15";
  r.installed = 1000;
  return r;
}

}  // namespace cactus::test
