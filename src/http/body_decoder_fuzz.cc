// SPDX-License-Identifier: Apache-2.0
// Fuzz target of a message's body: chunks, extensions and trailers. However the bytes are cut, the
// same body must come out, and what follows the body must stay where it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/internal/body_decoder.h"

namespace {

using namespace sagebrush::http::internal;

struct Decoded {
  std::string body;
  std::size_t consumed = 0;
  bool is_broken = false;
  bool is_done = false;
  bool operator==(const Decoded&) const = default;
};

Decoded Decode(Framing framing, std::string_view input, std::size_t piece, std::size_t room) {
  BodyDecoder decoder(framing);
  Decoded out;
  std::string buffer(room, '\0');
  while (out.consumed < input.size() && !decoder.done() && !decoder.broken()) {
    const auto step =
        decoder.Decode(input.substr(out.consumed, piece), buffer.data(), buffer.size());
    if (step.consumed == 0 && step.produced == 0) std::abort();  // no progress
    out.body.append(buffer, 0, step.produced);
    out.consumed += step.consumed;
  }
  out.is_broken = decoder.broken();
  out.is_done = decoder.done();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Framing framing{.kind = Framing::Kind::kChunked};
  const Decoded small = Decode(framing, input, 1, 1);
  const Decoded large = Decode(framing, input, 4096, 4096);
  const Decoded odd = Decode(framing, input, 1 + data[0] % 64, 1 + data[0] / 64);
  if (small.body != large.body || small.is_done != large.is_done ||
      small.is_broken != large.is_broken || odd.body != large.body)
    std::abort();
  if (large.is_done && (small.consumed != large.consumed || odd.consumed != large.consumed))
    std::abort();
  if (large.body.size() > input.size()) std::abort();  // more came out than went in
  return 0;
}
