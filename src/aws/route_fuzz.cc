// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a request target of S3 and of the services that go by their paths.
#include <cstddef>
#include <cstdint>

#include "aws/decode_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* method : {"GET", "PUT", "POST"}) {
    http::Request request;
    request.method = method;
    request.target = "/" + std::string(bytes);
    const aws::Route route = aws::RouteRequest(request, "");
    const auto operation = aws::RouteOperation(route, request);
    if (!operation.ok()) continue;
    const auto document = aws::Decode(route, **operation, request, "");
    if (document.ok()) aws::CheckDocument(*route.service, **operation, *document);
  }
  return 0;
}
