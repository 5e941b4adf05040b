// What sanitizers change: programs are several times slower, and larger.
#pragma once

namespace cactus::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSlow = 6;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr int kSlow = 6;
#else
inline constexpr int kSlow = 1;
#endif
#else
inline constexpr int kSlow = 1;
#endif

// Its shadow of every byte that is touched stays resident: peaks of memory say nothing.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kShadowed = true;
#else
inline constexpr bool kShadowed = false;
#endif

}  // namespace cactus::test
