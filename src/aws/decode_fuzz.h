// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets of the protocols share: any bytes as the body of an operation. Nothing may
// crash; what is decoded must survive validation and, written as JSON, read back the same.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/protocol.h"
#include "aws/router.h"
#include "aws/validate.h"

namespace sagebrush::aws {

inline void CheckDocument(const Service& service, const Operation& operation,
                          const Json& document) {
  static Validator validator;
  (void)validator.Check(service, operation, document);
  const auto again = Json::Parse(document.Dump());
  if (!again.ok() || again->Dump() != document.Dump()) std::abort();
}

inline void TryBody(std::string_view service_name, Protocol protocol,
                    std::string_view operation_name, std::string_view target,
                    std::string_view body) {
  const Service& service = *FindService(service_name);
  const Operation& operation = *service.FindOperation(operation_name);
  http::Request request;
  request.method = "POST";
  request.target = target;
  const Route route{
      .service = &service, .protocol = protocol, .path = std::string(request.raw_path())};
  const auto document = Decode(route, operation, request, body);
  if (document.ok()) CheckDocument(service, operation, *document);
}

}  // namespace sagebrush::aws
