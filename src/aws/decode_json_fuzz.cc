// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as JSON, and as the body of the largest operation.
#include <cstddef>
#include <cstdint>

#include "aws/decode_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto json = Json::Parse(bytes); json.ok()) {
    const auto again = Json::Parse(json->Dump());
    if (!again.ok() || *again != *json) std::abort();
  }
  aws::TryBody("sagemaker", aws::Protocol::kJson, "CreateTrainingJob", "/", bytes);
  aws::TryBody("cloudwatch", aws::Protocol::kJson, "PutMetricData", "/", bytes);
  return 0;
}
