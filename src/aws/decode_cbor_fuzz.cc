// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as CBOR. What is decoded, encoded again, decodes to the same.
#include <cstddef>
#include <cstdint>

#include "aws/decode_fuzz.h"
#include "aws/internal/cbor_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"PutMetricData", "GetMetricData", "PutMetricAlarm"})
    aws::TryBody("cloudwatch", aws::Protocol::kCbor, name, "/", bytes);
  const aws::Shape& shape = *aws::FindService("cloudwatch")->FindOperation("PutMetricData")->input;
  const auto document = aws::internal::DecodeCborBody(shape, bytes);
  if (!document.ok()) return 0;
  const std::string once = aws::internal::EncodeCborBody(shape, *document);
  const auto again = aws::internal::DecodeCborBody(shape, once);
  if (!again.ok() || aws::internal::EncodeCborBody(shape, *again) != once) std::abort();
  return 0;
}
