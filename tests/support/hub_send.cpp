// The part of hub_server.h that sends files: ranges, and ways to send them wrongly.
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "tests/support/hub_server.h"

namespace cactus::test {
namespace {

constexpr std::uint64_t kStep = 256 * 1024;

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("no zlib");
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Sending {
  std::shared_ptr<const HubFile> file;
  std::uint64_t begin = 0, end = 0;
  std::optional<Fault> fault;
  std::uint64_t rate = 0;

  bool is(Fault::Kind kind) const { return fault && fault->kind == kind; }
  bool operator()(std::size_t offset, std::size_t length, httplib::DataSink& sink) const;
};

// One piece from `offset` of what is to be sent; false breaks the connection.
bool Sending::operator()(std::size_t offset, std::size_t length, httplib::DataSink& sink) const {
  std::uint64_t n = std::min<std::uint64_t>(length, kStep);
  if (is(Fault::Kind::cut) || is(Fault::Kind::stall)) {
    if (offset >= fault->bytes) {
      if (is(Fault::Kind::stall))
        std::this_thread::sleep_for(std::chrono::milliseconds(fault->milliseconds));
      return false;
    }
    n = std::min<std::uint64_t>(n, fault->bytes - offset);
  }
  if (is(Fault::Kind::drip)) {
    n = std::min<std::uint64_t>(n, fault->bytes);
    if (offset > 0) std::this_thread::sleep_for(std::chrono::milliseconds(fault->milliseconds));
  }
  if (rate > 0) {
    n = std::min<std::uint64_t>(n, std::max<std::uint64_t>(1, rate / 50));
    std::this_thread::sleep_for(std::chrono::microseconds(n * 1'000'000 / rate));
  }
  std::string bytes = file->read(begin + offset, begin + offset + n);
  if (is(Fault::Kind::wrong_bytes) && fault->bytes >= offset && fault->bytes < offset + n)
    bytes[fault->bytes - offset] = static_cast<char>(bytes[fault->bytes - offset] ^ 1);
  return sink.write(bytes.data(), bytes.size());
}

}  // namespace

void HubServer::send(const httplib::Request& request, httplib::Response& response,
                     const std::shared_ptr<const HubFile>& file, const std::optional<Fault>& fault,
                     std::uint64_t rate) {
  Sending sending{file, 0, file->size, fault, rate};
  const httplib::Ranges& ranges = request.ranges;
  response.status = 200;
  if (sending.is(Fault::Kind::gzip)) {
    response.set_header("Content-Encoding", "gzip");
    response.set_content(gzipped(file->read(0, file->size)), "application/octet-stream");
    return;
  }
  if (!ranges.empty() && !sending.is(Fault::Kind::ignore_range)) {
    const auto [first, last] = ranges.front();
    if (first < 0 || static_cast<std::uint64_t>(first) >= file->size) {
      response.status = 416;
      response.set_header("Content-Range", "bytes */" + std::to_string(file->size));
      return;
    }
    sending.begin = static_cast<std::uint64_t>(first);
    if (last >= 0) sending.end = std::min(sending.end, static_cast<std::uint64_t>(last) + 1);
    response.status = 206;
    response.set_header("Content-Range", "bytes " + std::to_string(sending.begin) + "-" +
                                             std::to_string(sending.end - 1) + "/" +
                                             std::to_string(file->size));
  }
  response.set_header("Accept-Ranges", "bytes");
  const std::uint64_t length = sending.end - sending.begin;
  if (length == 0) {
    response.set_content("", "application/octet-stream");
    return;
  }
  response.set_content_provider(length, "application/octet-stream", sending);
}

}  // namespace cactus::test
