// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/rest_codec.h"

#include <algorithm>

#include "aws/internal/json_codec.h"
#include "aws/internal/scalar.h"
#include "aws/internal/xml_codec.h"
#include "aws/uri.h"
#include "base/strings.h"

namespace sagebrush::aws::internal {

namespace {

constexpr std::string_view kMalformedXml =
    "The XML you provided was not well-formed or did not validate against our published schema";

Error BadValue(Protocol protocol, const Member& member, const Status& status) {
  return MakeError(protocol,
                   protocol == Protocol::kRestXml ? Fault::kValidation : Fault::kMalformed,
                   std::string(member.wire_name) + ": " + status.message());
}

bool IsStructured(Type type) {
  return type == Type::kStructure || type == Type::kList || type == Type::kMap;
}

// The elements of a list in a header: commas part them, but not inside quotes, and dates have one of
// their own.
Result<std::vector<std::string>> HeaderElements(std::string_view text, const Member& element) {
  std::vector<std::string> parts;
  const bool is_date = element.shape->type == Type::kTimestamp &&
                       (element.timestamp_format == TimestampFormat::kProtocol ||
                        element.timestamp_format == TimestampFormat::kRfc822);
  if (is_date) {
    const auto pieces = Split(text, ',');
    for (std::size_t i = 0; i + 1 < pieces.size(); i += 2)
      parts.push_back(std::string(Trim(pieces[i])) + ", " + std::string(Trim(pieces[i + 1])));
    if (pieces.size() % 2 != 0) parts.emplace_back(Trim(pieces.back()));
    return parts;
  }
  text = Trim(text);
  while (true) {
    std::string part;
    if (text.starts_with('"')) {
      std::size_t i = 1;
      for (; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        part.push_back(text[i]);
      }
      if (i >= text.size()) return InvalidArgument("a quote is not closed");
      text = Trim(text.substr(i + 1));
      if (!text.empty() && text.front() != ',') return InvalidArgument("text follows a quote");
    } else {
      part = Trim(text.substr(0, text.find(',')));
      text = text.substr(std::min(text.find(','), text.size()));
    }
    parts.push_back(std::move(part));
    if (text.empty()) return parts;
    text = Trim(text.substr(1));
  }
}

// Of a list in a header: quoted where a comma or a quote would be misread.
std::string HeaderElement(std::string text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  return "\"" + ReplaceAll(ReplaceAll(std::move(text), "\\", "\\\\"), "\"", "\\\"") + "\"";
}

// One header or query parameter, or several of the same name, as the member's value.
Result<Json> FromTexts(const Member& member, const std::vector<std::string_view>& texts,
                       bool split_commas) {
  if (member.shape->type != Type::kList) return ScalarFromText(*member.shape, texts.front());
  Json out = Json::Array();
  const Member& element = member.shape->element();
  for (const std::string_view text : texts) {
    std::vector<std::string> parts{std::string(text)};
    if (split_commas) {
      ASSIGN_OR_RETURN(parts, HeaderElements(text, element));
    }
    for (const std::string& part : parts) {
      ASSIGN_OR_RETURN(Json item, ScalarFromText(*element.shape, part));
      out.Append(std::move(item));
    }
  }
  return out;
}

// A map in the query string: all parameters but the operation's own constants.
Result<Json> FromQuery(const Shape& shape, const QueryPairs& query, std::string_view uri) {
  const Shape& item = *shape.map_value().shape;
  const auto constants = UriConstants(uri);
  Json out = Json::Object();
  for (const auto& [name, text] : query) {
    const bool is_constant =
        std::any_of(constants.begin(), constants.end(),
                    [&, &name = name](const auto& constant) { return constant.first == name; });
    if (is_constant) continue;
    if (!IsValidUtf8(name)) return InvalidArgument("a name is not UTF-8");
    const Shape& scalar = item.type == Type::kList ? *item.element().shape : item;
    ASSIGN_OR_RETURN(Json value, ScalarFromText(scalar, text));
    Json& slot = out[name];
    if (item.type == Type::kList) {
      slot.Append(std::move(value));
    } else if (slot.is_null()) {
      slot = std::move(value);
    }
  }
  return out;
}

// Members outside the body.
Status DecodeParameter(const Member& member, const Operation& operation,
                       const http::Request& request, const QueryPairs& query, const UriMatch& match,
                       Json* out) {
  switch (member.location) {
    case Location::kUri:
      for (const auto& [label, value] : match.labels) {
        if (label == member.wire_name) {
          ASSIGN_OR_RETURN((*out)[member.name], ScalarFromText(*member.shape, value));
        }
      }
      return Status::Ok();
    case Location::kQuery: {
      if (member.shape->type == Type::kMap) {
        if (query.empty()) return Status::Ok();
        ASSIGN_OR_RETURN((*out)[member.name], FromQuery(*member.shape, query, operation.uri));
        return Status::Ok();
      }
      std::vector<std::string_view> texts;
      for (const auto& [name, value] : query)
        if (name == member.wire_name) texts.push_back(value);
      if (texts.empty()) return Status::Ok();
      // "?max-keys=" says nothing, as S3 has it.
      if (texts.front().empty() && member.shape->type != Type::kString) return Status::Ok();
      ASSIGN_OR_RETURN((*out)[member.name], FromTexts(member, texts, false));
      return Status::Ok();
    }
    case Location::kHeader: {
      const auto texts = request.headers.GetAll(member.wire_name);
      if (texts.empty()) return Status::Ok();
      auto value = FromTexts(member, texts, true);
      // HTTP: a date that cannot be read counts as not sent.
      if (!value.ok() && member.shape->type == Type::kTimestamp) return Status::Ok();
      ASSIGN_OR_RETURN((*out)[member.name], std::move(value));
      return Status::Ok();
    }
    case Location::kHeaderPrefix: {
      Json map;
      for (const auto& [name, value] : request.headers) {
        if (name.size() <= member.wire_name.size() ||
            !EqualsIgnoreCase(name.substr(0, member.wire_name.size()), member.wire_name))
          continue;
        if (!IsValidUtf8(value)) return InvalidArgument("a header is not UTF-8");
        // The same key twice becomes one value with a comma, as S3 stores it.
        Json& slot = map[ToLower(std::string_view(name).substr(member.wire_name.size()))];
        slot = slot.is_null() ? Json(value) : Json(slot.AsString() + "," + value);
      }
      if (!map.is_null()) (*out)[member.name] = std::move(map);
      return Status::Ok();
    }
    case Location::kBody:
    case Location::kStatusCode:
      return Status::Ok();
  }
  return Status::Ok();
}

Result<Json> DecodeStructuredBody(Protocol protocol, const Shape& shape, std::string_view root,
                                  std::string_view body) {
  if (protocol == Protocol::kRestXml) return DecodeXmlBody(shape, root, body);
  return DecodeJsonBody(shape, body);
}

Error BadBody(Protocol protocol, const Status& status) {
  if (protocol == Protocol::kRestXml)
    return MakeError(protocol, Fault::kMalformed, std::string(kMalformedXml));
  return MakeError(protocol, Fault::kMalformed, status.message());
}

// S3's answer to max-keys=abc. Source: replies recorded of S3 for max-keys; that of partNumber is worded by itself.
Error NotAnInteger(const Member& member, const QueryPairs& query) {
  std::string text;
  for (const auto& [name, value] : query)
    if (name == member.wire_name && text.empty()) text = value;
  return {
      "InvalidArgument",
      member.wire_name == "partNumber"
          ? std::string("Part number must be an integer between 1 and 10000, inclusive")
          : "Provided " + std::string(member.wire_name) + " not an integer or within integer range",
      400,
      Json::Object({{"ArgumentName", member.wire_name},
                    {"ArgumentValue", std::string_view(text).substr(0, 200)}})};
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// A header's value must stay on its line.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return text;
}

}  // namespace

void EncodeHeader(const Member& member, const Json& value, http::Headers* headers) {
  if (member.location == Location::kHeaderPrefix) {
    if (!value.is_object()) return;
    for (const auto& [key, item] : value.AsObject())
      if (item.is_string())
        headers->Set(std::string(member.wire_name) + OneLine(key), OneLine(item.AsString()));
    return;
  }
  if (member.shape->type == Type::kList && value.is_array()) {
    std::vector<std::string> texts;
    for (const Json& item : value.AsArray())
      texts.push_back(member.shape->element().shape->type == Type::kString
                          ? HeaderElement(item.is_string() ? item.AsString() : item.Dump())
                          : ScalarToText(member.shape->element(), item, TimestampFormat::kRfc822,
                                         Fraction::kNone));
    if (!texts.empty()) headers->Set(member.wire_name, OneLine(Join(texts, ",")));
    return;
  }
  headers->Set(member.wire_name,
               OneLine(ScalarToText(member, value, TimestampFormat::kRfc822, Fraction::kNone)));
}

namespace {

std::string XmlDocument(const Service& service, std::string_view root, const Shape& shape,
                        const Json& document) {
  XmlWriter xml;
  xml.Declaration();
  xml.Open(root, XmlWriter::Attribute("xmlns", service.xml_namespace));
  EncodeXmlMembers(shape, document, Fraction::kMillis, &xml);
  xml.Close(root);
  return xml.Take();
}

// S3's GetBucketLocation: <LocationConstraint>us-west-2</LocationConstraint>, and an empty one for
// us-east-1.
std::string UnwrappedXml(const Service& service, const Operation& operation, const Json& result) {
  XmlWriter xml;
  xml.Declaration();
  const std::string attributes = XmlWriter::Attribute("xmlns", service.xml_namespace);
  const std::string text = result.GetString(operation.output->members[0].name);
  if (text.empty()) {
    xml.Empty(operation.response_root, attributes);
  } else {
    xml.Open(operation.response_root, attributes);
    xml.Text(text);
    xml.Close(operation.response_root);
  }
  return xml.Take();
}

}  // namespace

Outcome<Json> DecodeRest(Protocol protocol, const Operation& operation,
                         const http::Request& request, std::string_view path,
                         std::string_view body) {
  Json out = Json::Object();
  if (operation.input == nullptr) return out;
  const Shape& shape = *operation.input;
  auto query = ParseQuery(request.raw_query(), true);
  if (!query.ok())
    return MakeError(protocol, Fault::kValidation,
                     "The query string has a " + query.status().message());
  const auto match = MatchUri(operation.uri, path);
  if (!match) {
    return protocol == Protocol::kRestXml
               ? Error{"InvalidURI", "Couldn't parse the specified URI."}
               : MakeError(protocol, Fault::kMalformed, "The path has a broken percent escape.");
  }
  bool has_body_members = false;
  for (const Member& member : shape.members) {
    has_body_members = has_body_members || member.location == Location::kBody;
    if (const Status status = DecodeParameter(member, operation, request, *query, *match, &out);
        !status.ok()) {
      if (protocol == Protocol::kRestXml && member.location == Location::kQuery &&
          member.shape->type == Type::kInteger)
        return NotAnInteger(member, *query);
      return BadValue(protocol, member, status);
    }
  }
  const Member* payload = shape.payload();
  if (payload != nullptr) {
    if (payload->shape->type == Type::kBlob || payload->Is(Member::kStreaming)) return out;
    if (!IsStructured(payload->shape->type)) {
      if (body.empty()) return out;
      auto text = ScalarFromText(*payload->shape, body);
      if (!text.ok()) return BadBody(protocol, text.status());
      out[payload->name] = std::move(text).value();
      return out;
    }
    if (IsBlank(body)) return out;
    auto value = DecodeStructuredBody(protocol, *payload->shape, payload->wire_name, body);
    if (!value.ok()) return BadBody(protocol, value.status());
    out[payload->name] = std::move(value).value();
    return out;
  }
  if (!has_body_members || IsBlank(body)) return out;
  auto value = DecodeStructuredBody(protocol, shape, "", body);
  if (!value.ok()) return BadBody(protocol, value.status());
  for (auto& [name, item] : value->AsObject()) {
    const Member* member = shape.Find(name);
    if (member != nullptr && member->location == Location::kBody) out[name] = std::move(item);
  }
  return out;
}

http::Response EncodeRest(Protocol protocol, const Service& service, const Operation& operation,
                          const Json& result) {
  http::Response response;
  response.status = operation.response_status;
  if (operation.output == nullptr) return response;
  const Shape& shape = *operation.output;
  const bool is_xml = protocol == Protocol::kRestXml;
  bool has_body_members = false;
  for (const Member& member : shape.members) {
    has_body_members = has_body_members || member.location == Location::kBody;
    const Json* value = result.Find(member.name);
    if (value == nullptr || value->is_null()) continue;
    if (member.location == Location::kStatusCode && value->is_number())
      response.status = static_cast<int>(value->AsInt());
    if (member.location == Location::kHeader || member.location == Location::kHeaderPrefix)
      EncodeHeader(member, *value, &response.headers);
  }
  const auto set_type = [&](std::string_view type) {
    if (!response.headers.Has("Content-Type"))
      response.headers.Set("Content-Type", std::string(type));
  };
  if (const Member* payload = shape.payload(); payload != nullptr) {
    const Json* value = result.Find(payload->name);
    if (value == nullptr || value->is_null()) return response;
    if (!IsStructured(payload->shape->type)) {
      response.body = value->is_string() ? value->AsString() : value->Dump();
      if (payload->shape->type == Type::kString)
        set_type(is_xml ? "application/json" : "text/plain");
    } else if (is_xml) {
      response.body = XmlDocument(service, payload->wire_name, *payload->shape, *value);
      set_type("application/xml");
    } else {
      AppendJsonValue(*payload, *value, &response.body);
      set_type("application/json");
    }
    return response;
  }
  if (is_xml) {
    if (!has_body_members) return response;
    const std::string_view root =
        operation.response_root.empty() ? shape.name : operation.response_root;
    response.body = operation.Is(Operation::kUnwrapped) ? UnwrappedXml(service, operation, result)
                                                        : XmlDocument(service, root, shape, result);
    set_type("application/xml");
  } else {
    AppendJsonStructure(shape, result, &response.body);
    set_type("application/json");
  }
  return response;
}

}  // namespace sagebrush::aws::internal
