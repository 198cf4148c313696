// SPDX-License-Identifier: Apache-2.0
// AWS's protocol tests for requests, read from the other side: what a client sends for `params` is
// decoded to them, and rest requests find their operation.
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "aws/router.h"
#include "base/strings.h"
#include "tests/vectors/support.h"

namespace sagebrush::aws {
namespace {

struct Sent {
  http::Request request;
  std::string body;
};

Sent RequestOf(const VectorCase& c) {
  const Json& serialized = *c.json.Find("serialized");
  Sent sent;
  sent.request.method = serialized.GetString("method", c.operation->method);
  sent.request.target = serialized.GetString("uri", "/");
  sent.request.headers.Set("Host", serialized.GetString("host", "example.com"));
  if (const Json* headers = serialized.Find("headers"))
    for (const auto& [name, value] : headers->AsObject())
      sent.request.headers.Set(name, value.is_string() ? value.AsString() : value.Dump());
  if (const Json* body = serialized.Find("body"); body != nullptr && body->is_string())
    sent.body = c.service->protocol() == Protocol::kCbor ? Base64Text(*body) : body->AsString();
  return sent;
}

bool IsRest(Protocol protocol) {
  return protocol == Protocol::kRestJson || protocol == Protocol::kRestXml;
}

std::string Check(const VectorCase& c) {
  const Sent sent = RequestOf(c);
  const Route route{.service = c.service,
                    .protocol = c.service->protocol(),
                    .path = std::string(sent.request.raw_path())};
  if (IsRest(route.protocol)) {
    const auto query = ParseQuery(sent.request.raw_query(), true);
    if (!query.ok()) return query.status().message();
    const Operation* found = FindRestOperation(*c.service, sent.request.method, route.path, *query,
                                               sent.request.headers);
    // Cases of one suite may share method and path, and differ in nothing else that routes.
    if (found == nullptr || found->uri != c.operation->uri) return "finds another operation";
  }
  const bool is_streamed = StreamsRequest(*c.operation);
  auto document = Decode(route, *c.operation, sent.request, is_streamed ? "" : sent.body);
  if (!document.ok()) {
    const Error error = document.error(route.protocol);
    return error.code + ": " + error.message;
  }
  if (is_streamed && !sent.body.empty())
    (*document)[c.operation->input->payload()->name] = sent.body;  // as the handler reads it
  const Json empty = Json::Object();
  const Json* params = c.json.Find("params");
  const Json& wanted = params == nullptr ? empty : *params;
  return Difference(
      c.operation->input == nullptr ? wanted : DocumentOf(*c.operation->input, wanted), *document);
}

TEST(Vectors, RequestsAreDecodedToWhatTheClientSaid) { ExpectAll(CasesOf("input"), Check); }

}  // namespace
}  // namespace sagebrush::aws
