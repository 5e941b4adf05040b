#include "engine/convert/safetensors.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace cactus {
namespace {

Error broken(std::string_view file, std::string why) {
  return make_error(ErrorKind::incompatible, std::string(file) + " is not a whole safetensors file",
                    std::move(why), "download it again");
}

SourceType type_of(std::string_view dtype) {
  if (dtype == "F32") return SourceType::f32;
  if (dtype == "F16") return SourceType::f16;
  if (dtype == "BF16") return SourceType::bf16;
  return SourceType::other;
}

// Bytes of one element of the types the format knows; nothing for a type added later.
std::optional<std::uint64_t> bytes_of(std::string_view dtype) {
  for (const char* one : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"}) {
    if (dtype == one) return 1;
  }
  for (const char* two : {"I16", "U16", "F16", "BF16"}) {
    if (dtype == two) return 2;
  }
  for (const char* four : {"I32", "U32", "F32"}) {
    if (dtype == four) return 4;
  }
  for (const char* eight : {"I64", "U64", "F64", "C64"}) {
    if (dtype == eight) return 8;
  }
  return {};
}

// Takes the header in as it is parsed: no tree is built, and a name that stands twice is seen.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<SourceTensor> tensors;
  std::string problem;  // why parsing stopped

  bool start_object(std::size_t) override {
    if (skipping_) return enter();
    if (depth_ >= 2) return stop("an object where none belongs");
    if (depth_ == 1 && key_ == "__metadata__") return skipping_ = true, enter();
    if (depth_ == 1) {
      if (tensors.size() >= kTensorLimit) return stop("too many tensors");
      if (!names_.insert(key_).second) return stop("tensor " + key_ + " stands twice");
      tensors.emplace_back().name = key_;
      seen_ = 0;
    }
    return enter();
  }
  bool end_object() override {
    if (--depth_ == 1 && !skipping_ && seen_ != 7) {
      return stop("tensor " + tensors.back().name + " lacks dtype, shape or data_offsets");
    }
    if (depth_ == 1) skipping_ = false;
    return true;
  }
  bool start_array(std::size_t) override {
    if (skipping_) return enter();
    if (depth_ != 2) return stop("a list where none belongs");
    numbers_.clear();
    return enter();
  }
  bool end_array() override {
    --depth_;
    if (skipping_) return true;
    SourceTensor& t = tensors.back();
    if (key_ == "shape") {
      t.shape.assign(numbers_.begin(), numbers_.end());
      seen_ |= 1;
    } else if (key_ == "data_offsets") {
      if (numbers_.size() != 2 || numbers_[0] > numbers_[1]) {
        return stop("tensor " + t.name + " has no valid data_offsets");
      }
      t.offset = static_cast<std::uint64_t>(numbers_[0]);
      t.size = static_cast<std::uint64_t>(numbers_[1] - numbers_[0]);
      seen_ |= 2;
    }
    return true;
  }
  bool key(string_t& name) override {
    if (!skipping_) key_ = name;
    return true;
  }
  bool string(string_t& value) override {
    if (skipping_) return true;
    if (depth_ != 2 || key_ != "dtype") return depth_ == 2 || stop("a text where none belongs");
    tensors.back().dtype = value;
    tensors.back().type = type_of(value);
    seen_ |= 4;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (skipping_ || depth_ == 2) return true;
    if (depth_ != 3 || value > (std::uint64_t{1} << 60)) return stop("a number out of range");
    if (numbers_.size() >= 16)
      return stop("tensor " + tensors.back().name + " has too many dimensions");
    numbers_.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  bool number_integer(number_integer_t) override { return other("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return other("a fraction"); }
  bool null() override { return other("a null"); }
  bool boolean(bool) override { return other("true or false"); }
  bool binary(binary_t&) override { return other("binary data"); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    return stop("its header is not valid JSON at byte " + std::to_string(at));
  }

 private:
  bool enter() { return ++depth_ <= 16 || stop("its header is nested too deeply"); }
  bool stop(std::string why) {
    if (problem.empty()) problem = std::move(why);
    return false;
  }
  // A value of a kind that only unknown members of a tensor (or the metadata) may have.
  bool other(const char* what) {
    return skipping_ || depth_ == 2 || stop(std::string(what) + " where none belongs");
  }

  int depth_ = 0;
  bool skipping_ = false;
  int seen_ = 0;  // 1 shape, 2 data_offsets, 4 dtype
  std::string key_;
  std::vector<std::int64_t> numbers_;
  std::set<std::string, std::less<>> names_;
};

// shape × element size = size, without overflow.
bool size_fits(const SourceTensor& t) {
  const auto element = bytes_of(t.dtype);
  if (!element) return true;  // refused later if it is needed
  std::uint64_t bytes = *element;
  for (const std::int64_t n : t.shape) {
    const auto side = static_cast<std::uint64_t>(n);
    if (side != 0 && bytes > (std::uint64_t{1} << 62) / side) return false;
    bytes *= side;
  }
  return bytes == t.size;
}

}  // namespace

Result<std::uint64_t> header_length(std::span<const std::byte, 8> prefix, std::uint64_t file_size,
                                    std::string_view name) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    length |= static_cast<std::uint64_t>(prefix[i]) << 8 * i;
  }
  if (length > kHeaderLimit) {
    return broken(name, "its header would have " + std::to_string(length) + " bytes, more than " +
                            std::to_string(kHeaderLimit));
  }
  if (length > file_size - 8) {
    return broken(name, "its header would have " + std::to_string(length) +
                            " bytes, the file has " + std::to_string(file_size));
  }
  return length;
}

Result<std::vector<SourceTensor>> parse_safetensors(std::string_view header,
                                                    std::uint64_t file_size,
                                                    std::string_view name) {
  HeaderReader reader;
  bool whole = false;
  try {
    whole = nlohmann::json::sax_parse(header.begin(), header.end(), &reader);
  } catch (const std::exception& e) {
    reader.problem = e.what();
  }
  if (!whole)
    return broken(name, reader.problem.empty() ? "its header is not valid JSON" : reader.problem);

  std::vector<SourceTensor>& tensors = reader.tensors;
  for (const SourceTensor& t : tensors) {
    if (!size_fits(t)) {
      return broken(name, "tensor " + t.name + " has " + std::to_string(t.size) +
                              " bytes, which its shape and dtype " + t.dtype + " do not need");
    }
  }
  std::stable_sort(tensors.begin(), tensors.end(),
                   [](const SourceTensor& a, const SourceTensor& b) {
                     return a.offset != b.offset ? a.offset < b.offset : a.size < b.size;
                   });
  const std::uint64_t data = 8 + header.size();
  std::uint64_t end = 0;
  for (SourceTensor& t : tensors) {
    if (t.offset < end) return broken(name, "tensor " + t.name + " overlaps the one before it");
    if (t.offset > end) {
      return broken(name, std::to_string(t.offset - end) + " bytes before tensor " + t.name +
                              " belong to no tensor");
    }
    end = t.offset + t.size;
    if (end > file_size - data) {
      return broken(name, "tensor " + t.name + " ends at byte " + std::to_string(data + end) +
                              ", the file at " + std::to_string(file_size));
    }
    t.offset += data;
  }
  if (end != file_size - data) {
    return broken(name,
                  std::to_string(file_size - data - end) + " bytes at its end belong to no tensor");
  }
  return std::move(tensors);
}

}  // namespace cactus
