# What every target of ours shares: warnings, include root, sanitizers.
find_package(Threads REQUIRED)
include(GNUInstallDirs)

add_library(cactus_options INTERFACE)
target_compile_options(cactus_options INTERFACE -Wall -Wextra -Wconversion -Wshadow
                                                $<$<BOOL:${CACTUS_WERROR}>:-Werror>)
# Includes are written from the root of the project: "kernels/pool.h", "engine/base/result.h".
target_include_directories(cactus_options INTERFACE ${CMAKE_SOURCE_DIR})
target_link_libraries(cactus_options INTERFACE Threads::Threads)

# cactus_library(NAME): an empty static library; folders add to it with target_sources.
function(cactus_library name)
  add_library(${name} STATIC)
  target_link_libraries(${name} PRIVATE cactus_options)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC Threads::Threads)
endfunction()
