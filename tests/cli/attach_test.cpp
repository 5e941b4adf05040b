// Images and sounds as a user attaches them: the program as a process, a fake provider on loopback.
#include "engine/base/json.h"
#include "engine/image/jpeg.h"
#include "tests/support/catch.h"
#include "tests/support/handoff_place.h"
#include "tests/support/pictures.h"

using namespace cactus;
using namespace cactus::test;

namespace {

const std::string kCloudText = ScriptedAnswer().text;
const Environment kImages = {{"CACTUS_HANDOFF_MODALITIES", "text,image"}};
const Environment kAll = {{"CACTUS_HANDOFF_MODALITIES", "text,image,audio"}};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string decoded(const std::string& base64) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : base64) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 255);
  }
  return out;
}

// The JPEGs in the body of a request.
std::vector<std::string> images_in(const std::string& body) {
  std::vector<std::string> found;
  for (std::size_t at = body.find("/9j/"); at != std::string::npos;
       at = body.find("/9j/", at + 1)) {
    const std::size_t end = body.find('"', at);
    found.push_back(decoded(body.substr(at, end - at)));
    at = end;
  }
  return found;
}

std::string wav_file() {
  std::string file = std::string("RIFF") + std::string("\x24\x08\0\0", 4) + "WAVEfmt ";
  file += std::string("\x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0", 20);
  return file + "data" + std::string("\0\x08\0\0", 4) + std::string(2048, '\0');
}

struct AttachPlace : HandoffPlace {
  explicit AttachPlace(Fault fault = Fault::none, std::size_t kind = 0, int times = -1)
      : HandoffPlace(fault, kind, times) {
    static const std::string photo = png_file(3000, 2000);
    write_file(folder / "photo.png", photo);
    write_file(folder / "small.jpg", photo_file(60, 40, 6));
    write_file(folder / "memo.wav", wav_file());
  }
  Finished ask(std::vector<std::string> arguments, const Environment& more = {},
               const std::string& input = "") const {
    arguments.insert(arguments.begin(), {"run", "m"});
    return run(launch(CACTUS_ECHO, std::move(arguments), input, more));
  }
  Finished chat(const std::string& lines, const Environment& more = {}) const {
    return run(launch(CACTUS_ECHO, {"chat", "m"}, lines, more));
  }
  std::string body(std::size_t number) const { return server.requests().at(number).body; }
};

}  // namespace

TEST_CASE("attach: an image goes out when allowed, small and plain, in every protocol",
          "[cli][router]") {
  for (std::size_t kind = 0; kind < cloud_kinds().size(); ++kind) {
    const AttachPlace place(Fault::none, kind);
    INFO(place.target());
    const Finished finished =
        place.ask({"--json", "-a", "photo.png", "-a", "small.jpg", "what is it?"}, kImages);
    INFO(finished.out << finished.err);
    REQUIRE(finished.code == 0);
    const Json object = Json::parse(finished.out);
    CHECK(object["response"] == kCloudText);
    CHECK(object["cloud_handoff"] == true);
    CHECK(object["confidence"].is_null());
    CHECK(object["reason"] == "the local model cannot take in photo.png and small.jpg");
    REQUIRE(object["attachments"].size() == 2);
    CHECK(object["attachments"][0]["name"] == "photo.png");
    CHECK(object["attachments"][0]["media_type"] == "image/jpeg");
    REQUIRE(place.server.requests().size() == 1);
    const std::string body = place.body(0);
    CHECK(has(body, "what is it?"));
    CHECK_FALSE(has(body, "photo.png"));
    const auto images = images_in(body);
    REQUIRE(images.size() == 2);
    const auto size = image::jpeg_size(images[0]);
    REQUIRE(size.ok());
    CHECK(size->width == 1568);
    CHECK(size->height == 1045);
    CHECK(object["attachments"][0]["bytes"] == images[0].size());
    CHECK(image::jpeg_size(images[1])->height == 60);  // turned upright
    CHECK_FALSE(has(images[1], "52.5200"));            // where it was taken
  }
}

TEST_CASE("attach: images stay here unless allowed, and nobody guesses", "[cli][router]") {
  const AttachPlace place;
  const auto stays = [&](std::vector<std::string> flags, const Environment& more, int code,
                         const std::string& why) {
    flags.insert(flags.end(), {"-a", "photo.png", "!sure 0.9 a guess"});
    const Finished finished = place.ask(flags, more);
    INFO(why << "\n" << finished.err);
    CHECK(finished.code == code);
    CHECK(finished.out.empty());
    CHECK(has(finished.err, "error: no answer: m cannot take in photo.png"));
    CHECK(has(finished.err, why));
    flags.insert(flags.begin(), "--json");
    const Finished json = place.ask(flags, more);
    CHECK(json.code == code);
    const Json object = Json::parse(json.out);
    CHECK(object["success"] == false);
    CHECK(object["finish_reason"] == "refused");
    CHECK(object["cloud_handoff"] == false);
    CHECK(has(object["handoff_error"], why));
  };
  stays({}, {}, 8, "images stay on this machine unless handoff.modalities allows them");
  CHECK(has(place.ask({"-a", "photo.png", "x"}).err,
            "try: cactus config set handoff.modalities text,image"));
  stays({}, {{"CACTUS_HANDOFF_MODALITIES", "text,audio"}}, 8, "images stay");
  stays({"--cloud"}, {}, 5, "images stay");
  stays({"--local"}, kImages, 8, "--local");
  stays({"--handoff", "off"}, kImages, 8, "hand-off is off");
  stays({"--handoff", "ask"}, kImages, 8, "nobody can be asked");
  Environment none = kImages;
  none["CACTUS_HANDOFF_PROVIDERS"] = "";
  stays({}, none, 8, "no provider is set up");
  none["CACTUS_HANDOFF_ENABLED"] = "false";
  stays({}, none, 8, "no provider is set up");
  Environment capped = kImages;
  capped["CACTUS_HANDOFF_MAX_PER_DAY"] = "0";
  stays({}, capped, 8, "limit of 0 requests");
  CHECK(place.server.connections() == 0);
  CHECK(place.ask({"-a", "photo.png", "x"}, {{"CACTUS_HANDOFF_MODALITIES", "text,smell"}}).code ==
        2);
}

TEST_CASE("attach: standard input may be the image", "[cli][router]") {
  const AttachPlace place;
  const std::string photo = read_file(place.folder / "photo.png");
  CHECK(place.ask({"what is it?"}, kImages, photo).out == kCloudText + "\n");
  CHECK(place.ask({"-a", "-", "what is it?"}, kImages, photo).out == kCloudText + "\n");
  for (std::size_t i = 0; i < 2; ++i) CHECK(images_in(place.body(i)).size() == 1);
  const Finished bare = place.ask({}, kImages, photo);
  CHECK(bare.code == 2);
  CHECK(has(bare.err, "the prompt is empty"));
}

TEST_CASE("attach: what cannot be attached is named, and nothing leaves", "[cli][router]") {
  const AttachPlace place;
  write_file(place.folder / "cut.png", png_file(300, 200).substr(0, 700));
  write_file(place.folder / "moving.gif", "GIF89a......");
  write_file(place.folder / "paper.pdf", "%PDF-1.7 ......");
  write_file(place.folder / "notes.txt", "just text");
  const auto refused = [&](const std::string& file, int code, const std::string& why) {
    const Finished finished = place.ask({"-a", file, "what is it?"}, kAll);
    INFO(file << "\n" << finished.err);
    CHECK(finished.code == code);
    CHECK(finished.out.empty());
    CHECK(has(finished.err, why));
  };
  refused("cut.png", 2, "cannot attach 'cut.png'");
  refused("moving.gif", 2, "it is a GIF image");
  refused("paper.pdf", 2, "it is a PDF document");
  refused("notes.txt", 2, "-f FILE, for text");
  refused("missing.png", 3, "missing.png");
  const Finished piped = place.ask({"what is it?"}, kAll, "%PDF-1.7 ......");
  CHECK(piped.code == 2);
  CHECK(has(piped.err, "standard input is a PDF document"));
  CHECK(place.server.connections() == 0);
}

TEST_CASE("attach: sounds go where they are taken; others refuse by name", "[cli][router]") {
  const std::vector<std::string> question = {"-a", "memo.wav", "what was said?"};
  for (const std::size_t kind : {0u, 1u}) {  // Anthropic Messages, OpenAI Responses
    const AttachPlace place(Fault::none, kind);
    const Finished finished = place.ask(question, kAll);
    CHECK(finished.code == 8);
    CHECK(finished.out.empty());
    CHECK(has(finished.err, cloud_kinds()[kind].name + " takes no sound (memo.wav)"));
    CHECK(place.server.connections() == 0);
  }
  const AttachPlace gemini(Fault::none, 2);
  const Finished unpriced = gemini.ask(question, kAll);
  CHECK(unpriced.code == 8);
  CHECK(has(unpriced.err, "the price of sound at gemini/"));
  CHECK(gemini.server.connections() == 0);
  Environment allowed = kAll;
  allowed["CACTUS_HANDOFF_ALLOW_UNKNOWN_PRICE"] = "true";
  CHECK(gemini.ask(question, allowed).out == kCloudText + "\n");
  CHECK(has(gemini.body(0), "audio/wav"));
  const AttachPlace own(Fault::none, 3);
  CHECK(own.ask(question, kImages).code == 8);  // images, not sounds
  CHECK(own.server.connections() == 0);
  CHECK(own.ask(question, kAll).out == kCloudText + "\n");
  CHECK(has(own.body(0), "input_audio"));
}

TEST_CASE("attach: when the cloud fails there is no answer, and no invention", "[cli][router]") {
  for (const Fault fault :
       {Fault::image_refused, Fault::unauthorized, Fault::cut, Fault::refusal}) {
    const AttachPlace place(fault);
    INFO(fault_name(fault));
    const Finished finished =
        place.ask({"--cloud-timeout", "700ms", "-a", "photo.png", "!sure 0.9 a guess"}, kImages);
    CHECK(finished.code == 5);
    CHECK(finished.out.empty());
    CHECK(has(finished.err, "error: no answer: m cannot take in photo.png"));
    CHECK(has(finished.err, place.target()));
    CHECK_FALSE(has(finished.err, HandoffPlace::key()));
  }
}

TEST_CASE("attach: in a chat", "[cli][router]") {
  const AttachPlace place;
  const Finished finished = place.chat(
      "/attach photo.png\nwhat is it?\nof which breed?\n/local\n!all\n/history\n/save pets\n"
      "./small.jpg and this?\n",
      kImages);
  INFO(finished.out << "\n" << finished.err);
  CHECK(finished.code == 0);
  CHECK(has(finished.err, "attached to the next question: photo.png (image/jpeg, "));
  // The second question is about the same image; then the local model goes on, and says how.
  REQUIRE(place.server.requests().size() == 2);
  CHECK(images_in(place.body(0)).size() == 1);
  CHECK(images_in(place.body(1)).size() == 1);
  CHECK(has(finished.out, "what is it?\n\n[attached, and not visible to you: photo.png]|" +
                              kCloudText + "|of which breed?|" + kCloudText + "|!all\n"));
  CHECK(has(finished.err, "answered without photo.png, which it cannot take in"));
  CHECK(has(finished.err, "user: what is it? [attached: photo.png]"));
  CHECK(has(finished.err, "no answer: m cannot take in small.jpg"));
  const std::string saved = read_file(place.folder / "state/conversations/pets.json");
  CHECK(has(saved, "photo.png"));
  CHECK(saved.size() < 2000);  // its name, not its bytes
}

TEST_CASE("attach: an image that is refused does not spoil the chat", "[cli][router]") {
  const AttachPlace place(Fault::image_refused);
  const Finished finished =
      place.chat("/attach photo.png\nwhat is it?\n!sure 0.1 something else\n", kImages);
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.out == kCloudText + "\n");
  REQUIRE(place.server.requests().size() == 2);
  CHECK(images_in(place.body(0)).size() == 1);
  CHECK(images_in(place.body(1)).empty());
}

TEST_CASE("attach: one that is refused for a later turn is left out from then on",
          "[cli][router]") {
  const AttachPlace place(Fault::image_refused, 3);
  const ProviderServer second({}, &test_identity());
  Environment both = kImages;
  both["CACTUS_HANDOFF_PROVIDERS"] = "own/some-model,anthropic/claude-sonnet-5";
  both["ANTHROPIC_API_KEY"] = HandoffPlace::key();
  both["ANTHROPIC_BASE_URL"] = second.url();
  const Finished finished =
      place.chat("/attach photo.png\nwhat is it?\nand then?\n!sure 0.1 and now?\n", both);
  INFO(finished.err);
  CHECK(finished.out == kCloudText + "\n" + kCloudText + "\n" + kCloudText + "\n");
  // The first provider refuses it, so the second one says what is seen; the next question is asked
  // with it and, once more, without it; the last one never has it.
  CHECK(second.requests().size() == 1);
  std::vector<std::size_t> images;
  for (const auto& request : place.server.requests())
    images.push_back(images_in(request.body).size());
  CHECK(images == std::vector<std::size_t>{1, 1, 0, 0});
  CHECK(has(finished.err, "the provider refused an attachment of this conversation"));
}

TEST_CASE("privacy: a password that a tool made here never leaves", "[cli][router]") {
  // The model calls the tool, reads the result and repeats it; the next question is handed off.
  const HandoffPlace place;
  const std::string call = R"(!tools [{"name": "make_password", "arguments": {"length": 20}}])";
  const Finished finished =
      run(place.launch(CACTUS_ECHO, {"chat", "m"}, call + "\n!sure 0.1 next\n",
                       {{"CACTUS_RUN_LOCAL_TOOLS", "true"}}));
  INFO(finished.out << finished.err);
  REQUIRE(finished.code == 0);
  const Json shown = Json::parse(finished.out.substr(0, finished.out.find('\n')));
  const std::string password = shown["result"]["password"];
  REQUIRE(password.size() == 20);
  REQUIRE(place.server.requests().size() == 1);
  const std::string body = place.server.requests()[0].body;
  const std::string quoted = dump_json(Json(password));
  CHECK_FALSE(has(body, password));
  CHECK_FALSE(has(body, quoted.substr(1, quoted.size() - 2)));
  CHECK_FALSE(has(body, dump_json(Json(quoted.substr(1, quoted.size() - 2)))));
  CHECK(has(body, "[kept on this device]"));
  CHECK(has(body, "calculator"));
  CHECK_FALSE(has(body, "A random password"));  // nor is the cloud offered such a tool
}

TEST_CASE("privacy: nor one that the built-in model's tools made", "[cli][router]") {
  const HandoffPlace place;
  const std::string call = R"(!tools [{"name": "make_password", "arguments": {"length": 24}}])";
  const Finished finished =
      run(place.launch(CACTUS_ECHO, {"chat"}, call + "\n!nothing\n/save s\n"));
  INFO(finished.out << finished.err);
  REQUIRE(finished.code == 0);
  const std::string password = finished.out.substr(0, finished.out.find('\n'));
  REQUIRE(password.size() == 24);
  REQUIRE(place.server.requests().size() == 1);
  const std::string body = place.server.requests()[0].body;
  const std::string quoted = dump_json(Json(password));
  CHECK_FALSE(has(body, password));
  CHECK_FALSE(has(body, quoted.substr(1, quoted.size() - 2)));
  CHECK(has(body, "[kept on this device]"));
  // What was saved and is loaded again is withheld as before.
  const Finished loaded = run(place.launch(CACTUS_ECHO, {"chat"}, "/load s\n!nothing\n"));
  REQUIRE(place.server.requests().size() == 2);
  CHECK_FALSE(has(place.server.requests()[1].body, quoted.substr(1, quoted.size() - 2)));
  CHECK(has(place.server.requests()[1].body, "[kept on this device]"));
}
