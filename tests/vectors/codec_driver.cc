// SPDX-License-Identifier: Apache-2.0
// The codecs behind a pipe, for every_operation.py: one JSON document a line in, one out.
//   {"request": {"method", "target", "headers", "body"}}  ->  {"service", "operation", "document"}
//   {"result": DOCUMENT, "service", "protocol", "operation"}  ->  {"status", "headers", "body"}
// Bodies are base64; what is refused is {"error": TEXT}.
#include <cstdio>
#include <iostream>

#include "aws/protocol.h"
#include "aws/router.h"
#include "base/hash.h"

namespace sagebrush::aws {
namespace {

Json Refused(const Error& error) {
  return Json::Object({{"error", error.code + ": " + error.message}});
}

Json DecodeRequest(const Json& in) {
  http::Request request;
  request.method = in.GetString("method");
  request.target = in.GetString("target");
  for (const auto& [name, value] : in.Find("headers")->AsObject())
    request.headers.Add(name, value.AsString());
  const std::string body = Base64Decode(in.GetString("body")).value();
  const Route route = RouteRequest(request, IsForm(request) ? body : "");
  const auto operation = RouteOperation(route, request);
  if (!operation.ok()) return Refused(operation.error(route.protocol));
  const auto document =
      Decode(route, **operation, request, StreamsRequest(**operation) ? std::string_view() : body);
  if (!document.ok()) return Refused(document.error(route.protocol));
  return Json::Object({{"service", route.service->name},
                       {"operation", (*operation)->name},
                       {"document", *document}});
}

Protocol ProtocolOf(std::string_view name) {
  if (name == "json") return Protocol::kJson;
  if (name == "query") return Protocol::kQuery;
  if (name == "rest-json") return Protocol::kRestJson;
  if (name == "rest-xml") return Protocol::kRestXml;
  return Protocol::kCbor;
}

Json EncodeResult(const Json& in) {
  const Route route{.service = FindService(in.GetString("service")),
                    .protocol = ProtocolOf(in.GetString("protocol"))};
  const Operation& operation = *route.service->FindOperation(in.GetString("operation"));
  const http::Response response =
      Encode(route, operation, *in.Find("result"), {.request_id = "rid", .host_id = ""});
  Json headers = Json::Object();
  for (const auto& [name, value] : response.headers) headers[name] = value;
  return Json::Object(
      {{"status", response.status}, {"headers", headers}, {"body", Base64Encode(response.body)}});
}

}  // namespace
}  // namespace sagebrush::aws

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto in = sagebrush::Json::Parse(line).value();
    const auto* request = in.Find("request");
    std::cout << (request != nullptr ? sagebrush::aws::DecodeRequest(*request)
                                     : sagebrush::aws::EncodeResult(in))
                     .Dump()
              << std::endl;
  }
}
