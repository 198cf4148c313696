// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol.h"

#include "aws/internal/json_codec.h"
#include "aws/internal/query_codec.h"
#include "aws/internal/rest_codec.h"
#include "aws/internal/xml_codec.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

using internal::XmlWriter;

bool StreamsPayload(const Shape* shape) {
  const Member* payload = shape == nullptr ? nullptr : shape->payload();
  return payload != nullptr &&
         (payload->shape->type == Type::kBlob || payload->Is(Member::kStreaming) ||
          payload->shape->Is(Shape::kEventStream));
}

Outcome<Json> Malformed(Protocol protocol, Result<Json> document) {
  if (document.ok()) return std::move(document).value();
  return MakeError(protocol, Fault::kMalformed, document.status().message());
}

void AddRequestId(Protocol protocol, const ReplyTo& reply_to, http::Headers* headers) {
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

// Further members of an error, as elements; nested ones as JSON text, which no modelled error has.
void ExtraElements(const Error& error, XmlWriter* xml) {
  if (!error.extra.is_object()) return;
  for (const auto& [name, value] : error.extra.AsObject())
    xml->Element(name, value.is_string() ? value.AsString() : value.Dump());
}

std::string QueryErrorDocument(const Service* service, const WireError& wire, const Error& error,
                               const ReplyTo& reply_to) {
  XmlWriter xml;
  xml.Open("ErrorResponse",
           service == nullptr ? "" : XmlWriter::Attribute("xmlns", service->xml_namespace));
  xml.Open("Error");
  xml.Element("Type", wire.is_sender_fault ? "Sender" : "Receiver");
  xml.Element("Code", wire.code);
  xml.Element("Message", error.message);
  ExtraElements(error, &xml);
  xml.Close("Error");
  xml.Element("RequestId", reply_to.request_id);
  xml.Close("ErrorResponse");
  return xml.Take();
}

std::string S3ErrorDocument(const WireError& wire, const Error& error, const ReplyTo& reply_to) {
  XmlWriter xml;
  xml.Declaration();
  xml.Open("Error");
  xml.Element("Code", wire.code);
  xml.Element("Message", error.message);
  ExtraElements(error, &xml);
  if (!reply_to.resource.empty()) xml.Element("Resource", reply_to.resource);
  xml.Element("RequestId", reply_to.request_id);
  xml.Element("HostId", reply_to.host_id);
  xml.Close("Error");
  return xml.Take();
}

// How this error spells its message member: the model says, and AWS's JSON reader says "Message".
std::string MessageName(const WireError& wire) {
  if (wire.shape != nullptr)
    for (const Member& member : wire.shape->members)
      if (EqualsIgnoreCase(member.name, "message")) return std::string(member.wire_name);
  return wire.code == "SerializationException" ? "Message" : "message";
}

std::string JsonErrorDocument(const WireError& wire, const Error& error, bool with_type) {
  Json body = Json::Object();
  if (with_type) body["__type"] = wire.code;
  body[MessageName(wire)] = error.message;
  if (error.extra.is_object())
    for (const auto& [name, value] : error.extra.AsObject()) body[name] = value;
  return body.Dump();
}

}  // namespace

bool StreamsRequest(const Operation& operation) { return StreamsPayload(operation.input); }
bool StreamsResponse(const Operation& operation) { return StreamsPayload(operation.output); }

Outcome<Json> Decode(const Service& service, const Operation& operation,
                     const http::Request& request, std::string_view path, std::string_view body) {
  if (operation.input == nullptr) return Json::Object();
  switch (service.protocol) {
    case Protocol::kJson:
      return Malformed(service.protocol, internal::DecodeJsonBody(*operation.input, body));
    case Protocol::kQuery:
      return Malformed(service.protocol,
                       internal::DecodeForm(*operation.input,
                                            request.method == "GET" ? request.raw_query() : body));
    case Protocol::kRestJson:
    case Protocol::kRestXml:
      return internal::DecodeRest(service.protocol, operation, request, path, body);
  }
  return Json::Object();
}

http::Response Encode(const Service& service, const Operation& operation, const Json& result,
                      const ReplyTo& reply_to) {
  http::Response response;
  switch (service.protocol) {
    case Protocol::kJson:
      response.headers.Set("Content-Type", JsonContentType(&service));
      // An operation without an output answers with nothing at all.
      if (operation.output != nullptr)
        response.body = internal::EncodeJsonStructure(*operation.output, result).Dump();
      break;
    case Protocol::kQuery:
      response.headers.Set("Content-Type", "text/xml");
      response.body = QueryDocument(service, operation, result, reply_to);
      break;
    case Protocol::kRestJson:
    case Protocol::kRestXml:
      response = internal::EncodeRest(service, operation, result);
      break;
  }
  AddRequestId(service.protocol, reply_to, &response.headers);
  return response;
}

http::Response EncodeError(const Service* service, Protocol protocol, const Error& error,
                           const ReplyTo& reply_to) {
  const WireError wire = Resolve(service, protocol, error);
  http::Response response;
  response.status = wire.http_status;
  AddRequestId(protocol, reply_to, &response.headers);
  switch (protocol) {
    case Protocol::kJson:
      response.headers.Set("Content-Type", JsonContentType(service));
      response.body = JsonErrorDocument(wire, error, true);
      break;
    case Protocol::kRestJson:
      response.headers.Set("Content-Type", "application/json");
      response.headers.Set("x-amzn-ErrorType", wire.code);
      response.body = JsonErrorDocument(wire, error, false);
      break;
    case Protocol::kQuery:
      response.headers.Set("Content-Type", "text/xml");
      response.body = QueryErrorDocument(service, wire, error, reply_to);
      break;
    case Protocol::kRestXml:
      // HEAD and 304 have no body: clients then make "404" and "Not Found" of the status.
      response.headers.Set("Content-Type", "application/xml");
      if (!reply_to.is_head && wire.http_status != 304)
        response.body = S3ErrorDocument(wire, error, reply_to);
      break;
  }
  return response;
}

}  // namespace sagebrush::aws
