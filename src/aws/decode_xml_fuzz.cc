// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as XML: attributes, flattened lists, deep structures.
#include <cstddef>
#include <cstdint>

#include "aws/decode_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto xml = aws::Protocol::kRestXml;
  aws::TryBody("s3", xml, "PutBucketLifecycleConfiguration", "/b?lifecycle", bytes);
  aws::TryBody("s3", xml, "CompleteMultipartUpload", "/b/k?uploadId=u", bytes);
  aws::TryBody("s3", xml, "PutBucketAcl", "/b?acl", bytes);
  aws::TryBody("s3", xml, "DeleteObjects", "/b?delete", bytes);
  return 0;
}
