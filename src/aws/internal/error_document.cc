// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/error_document.h"

#include "aws/internal/cbor_codec.h"
#include "aws/internal/json_codec.h"
#include "aws/internal/xml_writer.h"
#include "base/strings.h"

namespace sagebrush::aws::internal {

namespace {

// How this error spells its message member: the model says, and AWS's JSON reader says "Message".
const Member* MessageMember(const WireError& wire) {
  if (wire.shape == nullptr) return nullptr;
  for (const Member& member : wire.shape->members)
    if (EqualsIgnoreCase(member.name, "message")) return &member;
  return nullptr;
}

// The error's members by their model names, the message first.
Json Members(const WireError& wire, const Error& error) {
  const Member* message = MessageMember(wire);
  Json members = Json::Object();
  members[message != nullptr                      ? message->name
          : wire.code == "SerializationException" ? std::string_view("Message")
                                                  : std::string_view("message")] = error.message;
  if (error.extra.is_object())
    for (const auto& [name, value] : error.extra.AsObject()) members[name] = value;
  return members;
}

// Further members of an error, as elements; nested ones as JSON text, which no modelled error has.
void ExtraElements(const Error& error, XmlWriter* xml) {
  if (!error.extra.is_object()) return;
  for (const auto& [name, value] : error.extra.AsObject())
    xml->Element(name, value.is_string() ? value.AsString() : value.Dump());
}

}  // namespace

std::string JsonErrorDocument(const WireError& wire, const Error& error, bool with_type) {
  std::string out = "{";
  const auto append_name = [&out](std::string_view name) {
    if (out.size() > 1) out.push_back(',');
    AppendJsonString(name, &out);
    out.push_back(':');
  };
  if (with_type) {
    append_name("__type");
    AppendJsonString(wire.code, &out);
  }
  const Json members = Members(wire, error);
  for (const auto& [name, value] : members.AsObject()) {
    const Member* member = wire.shape == nullptr ? nullptr : wire.shape->Find(name);
    if (member == nullptr) {
      append_name(name);
      out.append(value.Dump());
    } else if (member->location == Location::kBody) {
      append_name(member->wire_name);
      AppendJsonValue(*member, value, &out);
    }
  }
  out.push_back('}');
  return out;
}

std::string CborErrorDocument(const WireError& wire, const Error& error) {
  return EncodeCborError(wire.code, wire.shape, Members(wire, error));
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
  xml.Element("RequestId", reply_to.request_id);
  xml.Element("HostId", reply_to.host_id);
  xml.Close("Error");
  return xml.Take();
}

}  // namespace sagebrush::aws::internal
