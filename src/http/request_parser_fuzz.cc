// SPDX-License-Identifier: Apache-2.0
// Fuzz target of everything that reads a stranger's bytes: request and response heads, and bodies cut at every place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "http/internal/body_decoder.h"
#include "http/internal/head_parser.h"

namespace {

using namespace sagebrush::http::internal;

// Decodes with pieces of `piece` input bytes and a small output buffer.
std::string DecodeBody(Framing framing, std::string_view input, std::size_t piece, bool* broken) {
  BodyDecoder decoder(framing);
  std::string body;
  char out[7];
  while (!input.empty() && !decoder.done() && !decoder.broken()) {
    const auto step = decoder.Decode(input.substr(0, piece), out, sizeof out);
    if (step.consumed == 0 && step.produced == 0) std::abort();  // no progress
    body.append(out, step.produced);
    input.remove_prefix(step.consumed);
  }
  *broken = decoder.broken();
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const HeadScan scan = ScanHead(input, 0);
  if (scan.state != HeadScan::State::kComplete) return 0;
  const std::string_view head = input.substr(0, scan.bytes);
  (void)ParseResponseHead(head, "GET");
  const auto parsed = ParseRequestHead(head);
  const auto* request = std::get_if<RequestHead>(&parsed);
  if (request == nullptr) return 0;
  (void)request->request.raw_path();
  (void)request->request.raw_query();
  (void)request->request.host();

  // However the bytes are cut, the same body must come out.
  const std::string_view rest = input.substr(scan.bytes);
  bool broken_small = false;
  bool broken_large = false;
  const std::string small = DecodeBody(request->framing, rest, 1, &broken_small);
  const std::string large = DecodeBody(request->framing, rest, 4096, &broken_large);
  if (small != large || broken_small != broken_large) std::abort();
  return 0;
}
