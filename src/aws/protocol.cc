// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol.h"

#include "aws/internal/cbor_codec.h"
#include "aws/internal/error_document.h"
#include "aws/internal/json_codec.h"
#include "aws/internal/query_codec.h"
#include "aws/internal/rest_codec.h"
#include "aws/internal/xml_codec.h"

namespace sagebrush::aws {

namespace {

using internal::XmlWriter;

constexpr char kCborType[] = "application/cbor";

bool StreamsPayload(const Shape* shape) {
  const Member* payload = shape == nullptr ? nullptr : shape->payload();
  return payload != nullptr &&
         (payload->shape->type == Type::kBlob || payload->Is(Member::kStreaming) ||
          payload->shape->Is(Shape::kEventStream));
}

bool IsHeader(const Member& member) {
  return member.location == Location::kHeader || member.location == Location::kHeaderPrefix;
}

Outcome<Json> Malformed(Protocol protocol, Result<Json> document) {
  if (document.ok()) return std::move(document).value();
  return MakeError(protocol, Fault::kMalformed, document.status().message());
}

void AddReplyHeaders(Protocol protocol, const ReplyTo& reply_to, http::Headers* headers) {
  if (protocol == Protocol::kCbor) headers->Set("smithy-protocol", "rpc-v2-cbor");
  if (protocol == Protocol::kRestXml) {
    headers->Set("x-amz-request-id", reply_to.request_id);
    if (!reply_to.host_id.empty()) headers->Set("x-amz-id-2", reply_to.host_id);
  } else {
    headers->Set("x-amzn-RequestId", reply_to.request_id);
  }
}

std::string JsonContentType(const Service* service) {
  return "application/x-amz-json-" + std::string(service == nullptr || service->json_version.empty()
                                                     ? "1.1"
                                                     : service->json_version);
}

// The result's element, then the request id, inside <OperationResponse>.
std::string QueryDocument(const Service& service, const Operation& operation, const Json& result,
                          const ReplyTo& reply_to) {
  const std::string root = std::string(operation.name) + "Response";
  XmlWriter xml;
  xml.Open(root, XmlWriter::Attribute("xmlns", service.xml_namespace));
  if (operation.output != nullptr) {
    if (!operation.result_wrapper.empty()) xml.Open(operation.result_wrapper);
    internal::EncodeXmlMembers(*operation.output, result, internal::Fraction::kNone, &xml);
    if (!operation.result_wrapper.empty()) xml.Close(operation.result_wrapper);
  }
  xml.Open("ResponseMetadata");
  xml.Element("RequestId", reply_to.request_id);
  xml.Close("ResponseMetadata");
  xml.Close(root);
  return xml.Take();
}

void AddErrorHeaders(const WireError& wire, const Error& error, http::Headers* headers) {
  if (wire.shape == nullptr || !error.extra.is_object()) return;
  for (const auto& [name, value] : error.extra.AsObject())
    if (const Member* member = wire.shape->Find(name);
        member != nullptr && IsHeader(*member) && !value.is_null())
      internal::EncodeHeader(*member, value, headers);
}

}  // namespace

bool StreamsRequest(const Operation& operation) { return StreamsPayload(operation.input); }
bool StreamsResponse(const Operation& operation) { return StreamsPayload(operation.output); }

Outcome<Json> Decode(const Route& route, const Operation& operation, const http::Request& request,
                     std::string_view body) {
  if (operation.input == nullptr) return Json::Object();
  const Shape& input = *operation.input;
  switch (route.protocol) {
    case Protocol::kJson:
      return Malformed(route.protocol, internal::DecodeJsonBody(input, body));
    case Protocol::kCbor:
      return Malformed(route.protocol, internal::DecodeCborBody(input, body));
    case Protocol::kQuery:
      return Malformed(
          route.protocol,
          internal::DecodeForm(input, request.method == "GET" ? request.raw_query() : body));
    case Protocol::kRestJson:
    case Protocol::kRestXml:
      return internal::DecodeRest(route.protocol, operation, request, route.path, body);
  }
  return Json::Object();
}

http::Response Encode(const Route& route, const Operation& operation, const Json& result,
                      const ReplyTo& reply_to) {
  http::Response response;
  switch (route.protocol) {
    case Protocol::kJson:
      response.headers.Set("Content-Type", JsonContentType(route.service));
      // An operation without an output answers with nothing at all.
      if (operation.output != nullptr)
        internal::AppendJsonStructure(*operation.output, result, &response.body);
      break;
    case Protocol::kCbor:
      // Without an output there is no type either, says Smithy.
      if (operation.output != nullptr) {
        response.headers.Set("Content-Type", kCborType);
        response.body = internal::EncodeCborBody(*operation.output, result);
      }
      break;
    case Protocol::kQuery:
      response.headers.Set("Content-Type", "text/xml");
      response.body = QueryDocument(*route.service, operation, result, reply_to);
      break;
    case Protocol::kRestJson:
    case Protocol::kRestXml:
      response = internal::EncodeRest(route.protocol, *route.service, operation, result);
      break;
  }
  AddReplyHeaders(route.protocol, reply_to, &response.headers);
  return response;
}

http::Response EncodeError(const Route& route, const Error& error, const ReplyTo& reply_to) {
  const WireError wire = Resolve(route.service, route.protocol, error);
  http::Response response;
  response.status = wire.http_status;
  AddReplyHeaders(route.protocol, reply_to, &response.headers);
  if (!wire.query_code.empty())
    response.headers.Set("x-amzn-query-error",
                         wire.query_code + (wire.is_sender_fault ? ";Sender" : ";Receiver"));
  switch (route.protocol) {
    case Protocol::kJson:
      response.headers.Set("Content-Type", JsonContentType(route.service));
      response.body = internal::JsonErrorDocument(wire, error, true);
      break;
    case Protocol::kCbor:
      response.headers.Set("Content-Type", kCborType);
      response.body = internal::CborErrorDocument(wire, error);
      break;
    case Protocol::kRestJson:
      response.headers.Set("Content-Type", "application/json");
      response.headers.Set("x-amzn-ErrorType", wire.code);
      AddErrorHeaders(wire, error, &response.headers);
      response.body = internal::JsonErrorDocument(wire, error, false);
      break;
    case Protocol::kQuery:
      response.headers.Set("Content-Type", "text/xml");
      response.body = internal::QueryErrorDocument(route.service, wire, error, reply_to);
      break;
    case Protocol::kRestXml:
      AddErrorHeaders(wire, error, &response.headers);
      // HEAD and 304 have no body: clients then make "404" and "Not Found" of the status.
      response.headers.Set("Content-Type", "application/xml");
      if (!reply_to.is_head && wire.http_status != 304)
        response.body = internal::S3ErrorDocument(wire, error, reply_to);
      break;
  }
  return response;
}

}  // namespace sagebrush::aws
