# Writes OUTPUT (a header with version, commit and date) when its content changes. Run at build time:
#   cmake -DOUTPUT=… -DSOURCE=… -DVERSION=… -DWEIGHTS=… [-DCOMMIT=…] -P BuildInfo.cmake
if(NOT COMMIT)
  execute_process(COMMAND git -C "${SOURCE}" rev-parse --short=7 HEAD OUTPUT_VARIABLE COMMIT
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT COMMIT)
  set(COMMIT unknown)
endif()
string(TIMESTAMP built "%Y-%m-%d" UTC)  # SOURCE_DATE_EPOCH, when that is set
set(content "#pragma once
#define CACTUS_VERSION \"${VERSION}\"
#define CACTUS_WEIGHT_FORMAT \"${WEIGHTS}\"
#define CACTUS_COMMIT \"${COMMIT}\"
#define CACTUS_BUILT \"${built}\"
")
set(old "")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" old)
endif()
if(NOT content STREQUAL old)
  file(WRITE "${OUTPUT}" "${content}")
endif()
