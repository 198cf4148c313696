// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as the body of one operation of each protocol, and as a path and query of
// S3. Nothing may crash, and what is decoded must survive validation and encoding.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aws/protocol.h"
#include "aws/router.h"
#include "aws/validate.h"

namespace {

using namespace sagebrush;

void TryBody(std::string_view service_name, std::string_view operation_name,
             std::string_view target, std::string_view body) {
  static aws::Validator validator;
  const aws::Service& service = *aws::FindService(service_name);
  const aws::Operation& operation = *service.FindOperation(operation_name);
  http::Request request;
  request.method = "POST";
  request.target = target;
  const aws::Route route{
      .service = &service, .protocol = service.protocol(), .path = std::string(request.raw_path())};
  const auto document = aws::Decode(route, operation, request, body);
  if (document.ok()) (void)validator.Check(service, operation, *document);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  TryBody("sagemaker", "CreateTrainingJob", "/", bytes);
  TryBody("iam", "CreateRole", "/", bytes);
  TryBody("s3", "PutBucketLifecycleConfiguration", "/b?lifecycle", bytes);
  TryBody("s3", "CompleteMultipartUpload", "/b/k?uploadId=u", bytes);

  http::Request request;
  request.method = "GET";
  request.target = "/" + std::string(bytes);
  const aws::Route route = aws::RouteRequest(request, "");
  const auto operation = aws::RouteOperation(route, request);
  if (operation.ok()) (void)aws::Decode(route, **operation, request, "");
  return 0;
}
