// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as an aws-chunked body, in any cut. The first two bytes choose the kind and the cut.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/s3/payload.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sagebrush::Status;
  using sagebrush::services::s3::ChunkDecoder;
  using sagebrush::services::s3::ChunkSigning;
  if (size < 2) return 0;
  std::optional<ChunkSigning> signing;
  if ((data[0] & 2) != 0) signing = ChunkSigning{"key", "scope", "date", "seed"};
  ChunkDecoder decoder((data[0] & 1) != 0, signing);
  const std::size_t step = 1 + data[1];
  std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::size_t total = 0;
  while (!input.empty()) {
    const Status status = decoder.Decode(input.substr(0, step), [&](std::string_view piece) {
      total += piece.size();
      return Status::Ok();
    });
    if (!status.ok()) return 0;
    input.remove_prefix(std::min(step, input.size()));
  }
  if (total > size) __builtin_trap();  // more came out than went in
  (void)decoder.Finish().ok();
  return 0;
}
