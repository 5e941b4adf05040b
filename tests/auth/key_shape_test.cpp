#include "auth/key_shape.h"

#include <string>

#include "tests/support/catch.h"

using namespace cactus::auth;

TEST_CASE("key shape: what the providers hand out is recognised", "[auth]") {
  const std::string anthropic = std::string("sk-") + "ant-x-" + "Ab12Cd34Ef56-Gh78Ij90Kl12_Mn34";
  const std::string keys[] = {anthropic,
                              "sk-proj-Ab12Cd34_Ef56-Gh78Ij90",
                              "sk-0123456789abcdef0123456789abcdef",
                              "sk-or-v1-0123456789abcdef0123456789abcdef",
                              "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
                              "hf_AbCdEfGh1234567890abcdefghijklmnop"};
  for (const std::string& key : keys) {
    INFO(key);
    CHECK(is_key_shaped(key));
    const std::string line = "x-api-key: " + key + ", again \"" + key + "\"";
    CHECK(mask_key_shapes(line).find(key) == std::string::npos);
    CHECK(mask_key_shapes(line).find(key.substr(9, 10)) == std::string::npos);
  }
}

TEST_CASE("key shape: ordinary words are left alone", "[auth]") {
  for (const char* word :
       {"sk-learn", "sk-learn-is-a-long-word-with-dashes", "hf_hub_download_of_a_model", "AIza",
        "task-0123456789abcdef0123", "google/gemma-4-E2B-it:int4", "sk-2024-10-12-report-of-mine",
        "./hf_models/gemma", ""}) {
    INFO(word);
    CHECK_FALSE(is_key_shaped(word));
    CHECK(mask_key_shapes(word) == word);
  }
}

TEST_CASE("key shape: the value after Bearer is masked whatever it is", "[auth]") {
  CHECK(mask_key_shapes("Authorization: Bearer abc.def.ghi/jkl+mno=1234 end") ==
        "Authorization: Bearer abc.def…1234 end");
  CHECK(mask_key_shapes("authorization: bearer abcdefghijklmnopqr") == "authorization: bearer …");
  CHECK(mask_key_shapes("the bearer of this letter") == "the bearer of this letter");
}
