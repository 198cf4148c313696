// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a form, for lists of structures and for maps.
#include <cstddef>
#include <cstdint>

#include "aws/decode_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  aws::TryBody("cloudwatch", aws::Protocol::kQuery, "PutMetricData", "/", bytes);
  aws::TryBody("iam", aws::Protocol::kQuery, "CreateRole", "/", bytes);
  aws::TryBody("iam", aws::Protocol::kQuery, "AcquireRole", "/", bytes);
  return 0;
}
