// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/botocore_endpoints.h"

#include <zlib.h>

#include "base/check.h"

namespace sagebrush::apps {

std::string BotocoreEndpoints() {
  std::string text(kEndpointsSize, '\0');
  uLongf size = text.size();
  const int result = ::uncompress(reinterpret_cast<Bytef*>(text.data()), &size, kDeflatedEndpoints,
                                  kDeflatedEndpointsSize);
  SAGEBRUSH_CHECK(result == Z_OK && size == text.size(), "the program's own data unpacks");
  return text;
}

}  // namespace sagebrush::apps
