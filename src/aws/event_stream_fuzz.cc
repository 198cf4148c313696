// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a stream of events, in two cuts; what is decoded encodes to the bytes it
// came from. The checksums are mended first, else nothing would get past them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "aws/event_stream.h"
#include "base/hash.h"

namespace {

using namespace sagebrush;

std::uint32_t Word(std::string_view bytes) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word = word << 8 | static_cast<unsigned char>(bytes[i]);
  return word;
}

// Lengths stay as they are, even where they are wrong.
std::string WithChecksums(std::string stream) {
  std::size_t at = 0;
  while (stream.size() - at >= 12) {
    const std::string_view rest = std::string_view(stream).substr(at);
    stream.replace(at + 8, 4, BigEndian32(Crc32(0, rest.substr(0, 8))));
    const std::size_t total = Word(rest);
    if (total < 16 || total > rest.size()) break;
    const std::string_view body = std::string_view(stream).substr(at, total - 4);
    stream.replace(at + total - 4, 4, BigEndian32(Crc32(0, body)));
    at += total;
  }
  return stream;
}

// The decoded messages, encoded again.
std::string Again(std::string_view stream, std::size_t piece) {
  aws::MessageDecoder decoder(1 << 16);
  std::string out;
  while (!stream.empty()) {
    std::string_view input = stream.substr(0, piece);
    stream.remove_prefix(input.size());
    while (!input.empty()) {
      const auto message = decoder.Take(&input);
      if (!message.ok()) return out;
      if (!*message) continue;
      const auto encoded = aws::EncodeMessage(**message);
      if (encoded.ok()) out += *encoded;
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string stream =
      WithChecksums(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  const std::string whole = Again(stream, stream.size() + 1);
  if (Again(stream, 1 + data[0]) != whole) std::abort();
  return 0;
}
