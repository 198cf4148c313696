// SPDX-License-Identifier: Apache-2.0
// AWS's protocol tests for responses, read from the other side: `result`, encoded, is the response
// that the client was to understand; so is an error.
#include <algorithm>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "aws/event_stream.h"
#include "aws/internal/cbor_codec.h"
#include "aws/protocol.h"
#include "base/strings.h"
#include "tests/vectors/support.h"

namespace sagebrush::aws {
namespace {

const ReplyTo kReplyTo{.request_id = "request-id", .host_id = ""};

std::string LastPart(std::string_view text, std::string_view separators) {
  const std::size_t at = text.find_last_of(separators);
  return std::string(at == std::string_view::npos ? text : text.substr(at + 1));
}

// XML as a document of what counts: names without the root's, attributes, texts, elements grouped by
// name; numbers by value.
Json Canonical(const pugi::xml_node& node) {
  Json out = Json::Object();
  for (const auto& attribute : node.attributes())
    if (node.parent().type() == pugi::node_element)
      out["@" + std::string(attribute.name())] = attribute.value();
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_element) {
      out[child.name()].Append(Canonical(child));
    } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      const std::string text = out.GetString("#") + child.value();
      out["#"] = text;
    }
  }
  if (const Json* text = out.Find("#")) {
    const bool is_indentation =
        Trim(text->AsString()).empty() &&
        (out.size() > 1 || text->AsString().find('\n') != std::string::npos);
    if (is_indentation) {
      out.Remove("#");
    } else if (const auto number = ParseDouble(text->AsString())) {
      out["#"] = *number;
    }
  }
  return out;
}

Result<Json> XmlDocument(const std::string& text) {
  pugi::xml_document document;
  if (!document.load_string(text.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single))
    return InvalidArgument("not XML: " + text);
  return Canonical(document.document_element());
}

// What a body says, for comparison. `shape` is the output's or the error's.
Result<Json> BodyDocument(Protocol protocol, const Shape* shape, const std::string& body) {
  switch (protocol) {
    case Protocol::kJson:
      return body.empty() ? Result<Json>(Json::Object()) : Json::Parse(body);
    case Protocol::kCbor:
      if (shape == nullptr) return Json(body.size());
      return internal::DecodeCborBody(*shape, body);
    case Protocol::kQuery: {
      ASSIGN_OR_RETURN(Json document, XmlDocument(body));
      for (const char* name : {"ResponseMetadata", "RequestId"}) document.Remove(name);
      return document;
    }
    case Protocol::kRestJson:
    case Protocol::kRestXml: {
      const Member* payload = shape == nullptr ? nullptr : shape->payload();
      const bool is_plain = payload != nullptr && payload->shape->type != Type::kStructure &&
                            payload->shape->type != Type::kList &&
                            payload->shape->type != Type::kMap;
      if (body.empty() || is_plain) return Json(body);
      return protocol == Protocol::kRestJson ? Json::Parse(body) : XmlDocument(body);
    }
  }
  return Json();
}

std::string CompareHeaders(const Json& expected, const http::Headers& headers) {
  for (const auto& [name, value] : expected.AsObject()) {
    if (EqualsIgnoreCase(name, "Content-Length")) continue;  // the HTTP server's
    std::string got = headers.GetOr(name, "(none)");
    std::string wanted = value.is_string() ? value.AsString() : value.Dump();
    // A list's elements, with and without a space.
    wanted = ReplaceAll(wanted, ", ", ",");
    got = ReplaceAll(got, ", ", ",");
    if (got != wanted) return "header " + name + ": expected " + wanted + ", got " + got;
  }
  return "";
}

std::string CompareResponse(const VectorCase& c, const Shape* shape,
                            const http::Response& response) {
  const Protocol protocol = c.service->protocol();
  const Json& expected = *c.json.Find("response");
  if (const auto status = expected.GetInt("status_code", 200); status != response.status)
    return "status " + std::to_string(response.status) + " instead of " + std::to_string(status);
  if (const Json* headers = expected.Find("headers"))
    if (auto text = CompareHeaders(*headers, response.headers); !text.empty()) return text;
  const Json* body = expected.Find("body");
  if (body == nullptr) return "";
  const auto wanted = BodyDocument(
      protocol, shape, protocol == Protocol::kCbor ? Base64Text(*body) : body->AsString());
  if (!wanted.ok()) return "the vector's body: " + wanted.status().message();
  const auto got = BodyDocument(protocol, shape, response.body);
  return got.ok() ? Difference(*wanted, *got) : got.status().message();
}

// Takes the error's code out of where JSON's clients look for it: a header, __type, code. It may have
// a namespace before and an address behind, which they cut off.
std::string TakeCode(Json* body, std::string code) {
  for (const char* name : {"__type", "code"}) {
    if (const Json* type = body->Find(name); type != nullptr && code.empty())
      code = type->AsString();
    body->Remove(name);
  }
  return LastPart(code.substr(0, code.find(':')), "#");
}

std::string CheckJsonError(const VectorCase& c, bool has_message, const http::Response& response) {
  constexpr std::string_view kHeader = "x-amzn-errortype";
  VectorCase plain = c;
  Json& expected = plain.json["response"];
  std::string code;
  Json headers = Json::Object();
  if (const Json* given = expected.Find("headers")) {
    for (const auto& [name, value] : given->AsObject()) {
      if (EqualsIgnoreCase(name, kHeader)) {
        code = value.AsString();
      } else {
        headers[name] = value;
      }
    }
  }
  const std::string text = expected.GetString("body");
  Json wanted = text.empty() ? Json::Object() : Json::Parse(text).value();
  Json got = Json::Parse(response.body).value();
  const std::string wanted_code = TakeCode(&wanted, code);
  const std::string got_code = TakeCode(&got, response.headers.GetOr(kHeader, ""));
  if (wanted_code != got_code) return "code " + got_code + " instead of " + wanted_code;
  // A message is told even where the model has none.
  if (!has_message)
    for (const char* name : {"message", "Message"}) got.Remove(name);
  expected["headers"] = headers;
  expected["body"] = wanted.Dump();
  http::Response ours = response;
  ours.body = got.Dump();
  return CompareResponse(plain, nullptr, ours);
}

std::string CheckError(const VectorCase& c) {
  Error error{.code = c.json.GetString("errorCode"), .message = c.json.GetString("errorMessage")};
  const Shape* shape = nullptr;
  for (const Shape* candidate : c.operation->errors)
    if (candidate->name == error.code || candidate->error_code == error.code) shape = candidate;
  error.extra = Json::Object();
  bool has_message = false;
  for (const auto& [name, value] : c.json.Find("error")->AsObject()) {
    if (EqualsIgnoreCase(name, "message")) {
      has_message = true;
    } else {
      error.extra[name] = value;
    }
  }
  const http::Response response =
      EncodeError({.service = c.service, .protocol = c.service->protocol()}, error, kReplyTo);
  switch (c.service->protocol()) {
    case Protocol::kJson:
    case Protocol::kRestJson:
      return CheckJsonError(c, has_message, response);
    case Protocol::kCbor:
      return CompareResponse(c, shape, response);
    default:
      return CompareResponse(c, nullptr, response);
  }
}

std::string Check(const VectorCase& c) {
  if (c.json.Has("error")) return CheckError(c);
  const Shape* output = c.operation->output;
  const Json* result = c.json.Find("result");
  const Json wanted = result == nullptr   ? Json::Object()
                      : output == nullptr ? *result
                                          : DocumentOf(*output, *result);
  ReplyTo reply_to = kReplyTo;
  if (const Json* headers = c.json.Find("response")->Find("headers"))
    reply_to.request_id = headers->GetString("X-Amzn-Requestid", reply_to.request_id);
  http::Response response = Encode({.service = c.service, .protocol = c.service->protocol()},
                                   *c.operation, wanted, reply_to);
  if (StreamsResponse(*c.operation))  // the handler's to send
    response.body = wanted.GetString(c.operation->output->payload()->name);
  return CompareResponse(c, output, response);
}

// The events of the vectors' streams, read and written again, are the same bytes.
TEST(Vectors, EventStreamsAreReadAndWritten) {
  int streams = 0;
  for (const VectorCase& c : CasesOf("output")) {
    const Shape* output = c.operation->output;
    const bool has_events =
        output != nullptr &&
        std::any_of(output->members.begin(), output->members.end(),
                    [](const Member& m) { return m.shape->Is(Shape::kEventStream); });
    if (!has_events) continue;
    const std::string bytes = Base64Text(*c.json.Find("response")->Find("body"));
    std::string_view input = bytes;
    MessageDecoder decoder;
    std::string again;
    while (!input.empty()) {
      const auto message = decoder.Take(&input);
      ASSERT_TRUE(message.ok()) << c.name << ": " << message.status().message();
      if (*message) again += EncodeMessage(**message).value();
    }
    EXPECT_EQ(again, bytes) << c.name;
    ++streams;
  }
  EXPECT_EQ(streams, 4);
}

TEST(Vectors, ResultsAndErrorsAreEncodedAsClientsReadThem) { ExpectAll(CasesOf("output"), Check); }

}  // namespace
}  // namespace sagebrush::aws
