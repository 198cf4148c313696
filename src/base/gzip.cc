// SPDX-License-Identifier: Apache-2.0
#include "base/gzip.h"

#include <algorithm>
#include <zlib.h>

namespace sagebrush {

namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;   // zlib.h, inflateInit2: a gzip header and trailer
constexpr std::size_t kMaxInput = 1 << 30;  // zlib counts in unsigned int

class Inflater {
 public:
  Inflater() : ready_(::inflateInit2(&stream_, kGzipOnly) == Z_OK) {}
  ~Inflater() {
    if (ready_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  const bool ready_;
};

}  // namespace

Result<std::string> Gunzip(std::string_view packed, std::uint64_t limit) {
  Inflater inflater;
  if (!inflater.ready()) return Internal("zlib cannot begin");
  if (packed.size() > kMaxInput) return ResourceExhausted("the compressed text is too large");
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  int state = Z_OK;
  while (state == Z_OK) {
    char buffer[16 << 10];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    state = ::inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = sizeof buffer - stream.avail_out;
    if (text.size() + made > limit)
      return ResourceExhausted("the text has more than " + std::to_string(limit) +
                               " bytes when it is unpacked");
    text.append(buffer, made);
    if (state == Z_OK && made == 0 && stream.avail_in == 0) break;
    // Members may follow one another (RFC 1952, 2.2).
    if (state == Z_STREAM_END && stream.avail_in > 0) state = ::inflateReset(&stream);
  }
  if (state != Z_STREAM_END) return InvalidArgument("the text is no whole gzip");
  return text;
}

}  // namespace sagebrush
