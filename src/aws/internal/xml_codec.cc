// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/xml_codec.h"

#include <cstring>
#include <string>

#include <pugixml.hpp>

#include "base/strings.h"

namespace sagebrush::aws::internal {

namespace {

std::string_view LocalName(const char* qualified) {
  const std::string_view name(qualified);
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string TextOf(const pugi::xml_node& node) {
  std::string text;
  for (const auto& child : node.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text.append(child.value());
  return text;
}

// What clients expect the elements of a flattened list to be called in responses: botocore's
// parsers look for the element's own name first.
std::string_view ElementName(const Member& member) {
  if (member.shape->type == Type::kList && member.Is(Member::kFlattened) &&
      member.shape->element().Is(Member::kHasWireName))
    return member.shape->element().wire_name;
  return member.wire_name;
}

Result<Json> DecodeNode(const Member& member, const pugi::xml_node& node);

bool IsElement(const pugi::xml_node& node, std::string_view name) {
  return node.type() == pugi::node_element && LocalName(node.name()) == name;
}

// One <key/><value/> pair into `out`.
Status DecodeEntry(const Shape& shape, const pugi::xml_node& node, Json* out) {
  std::string key;
  Json value;
  for (const auto& child : node.children()) {
    if (IsElement(child, shape.map_key().wire_name)) key = TextOf(child);
    if (!IsValidUtf8(key)) return InvalidArgument("a key is not UTF-8");
    if (IsElement(child, shape.map_value().wire_name)) {
      ASSIGN_OR_RETURN(value, DecodeNode(shape.map_value(), child));
    }
  }
  (*out)[key] = std::move(value);
  return Status::Ok();
}

// Members of a structure. `is_known`, if given, tells whether any child was one of them.
Result<Json> DecodeMembers(const Shape& shape, const pugi::xml_node& node, bool* is_known) {
  Json out = Json::Object();
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody) continue;
    if (member.Is(Member::kXmlAttribute)) {
      const std::string_view wanted = LocalName(member.wire_name.data());
      for (const auto& attribute : node.attributes()) {
        if (LocalName(attribute.name()) != wanted) continue;
        ASSIGN_OR_RETURN(out[member.name], ScalarFromText(*member.shape, attribute.value()));
      }
      continue;
    }
    // Clients name the elements of a flattened list after the member in requests.
    const std::string_view name = member.wire_name;
    const bool is_repeated = member.Is(Member::kFlattened) && (member.shape->type == Type::kList ||
                                                               member.shape->type == Type::kMap);
    for (const auto& child : node.children()) {
      if (!IsElement(child, name)) continue;
      if (is_known != nullptr) *is_known = true;
      if (!is_repeated) {
        ASSIGN_OR_RETURN(out[member.name], DecodeNode(member, child));
        break;
      }
      Json& all = out[member.name];
      if (member.shape->type == Type::kList) {
        ASSIGN_OR_RETURN(Json item, DecodeNode(member.shape->element(), child));
        all.Append(std::move(item));
      } else {
        RETURN_IF_ERROR(DecodeEntry(*member.shape, child, &all));
      }
    }
  }
  return out;
}

Result<Json> DecodeNode(const Member& member, const pugi::xml_node& node) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      return DecodeMembers(shape, node, nullptr);
    case Type::kList: {
      Json out = Json::Array();
      for (const auto& child : node.children()) {
        if (!IsElement(child, shape.element().wire_name)) continue;
        ASSIGN_OR_RETURN(Json item, DecodeNode(shape.element(), child));
        out.Append(std::move(item));
      }
      return out;
    }
    case Type::kMap: {
      Json out = Json::Object();
      for (const auto& child : node.children())
        if (IsElement(child, "entry")) RETURN_IF_ERROR(DecodeEntry(shape, child, &out));
      return out;
    }
    default: {
      auto value = ScalarFromText(shape, TextOf(node));
      if (!value.ok()) return value.status().WithContext(member.name);
      return value;
    }
  }
}

void EncodeNode(const Member& member, std::string_view name, const Json& value, Fraction fraction,
                XmlWriter* out) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      out->Open(name, XmlAttributesOf(member, value));
      EncodeXmlMembers(shape, value, fraction, out);
      out->Close(name);
      return;
    case Type::kList: {
      if (!value.is_array()) return;
      const bool is_flat = member.Is(Member::kFlattened);
      if (!is_flat) out->Open(name, XmlAttributesOf(member, value));
      for (const Json& item : value.AsArray())
        EncodeNode(shape.element(), is_flat ? ElementName(member) : shape.element().wire_name, item,
                   fraction, out);
      if (!is_flat) out->Close(name);
      return;
    }
    case Type::kMap: {
      if (!value.is_object()) return;
      const bool is_flat = member.Is(Member::kFlattened);
      const std::string attributes = XmlAttributesOf(member, value);
      if (!is_flat) out->Open(name, attributes);
      for (const auto& [key, item] : value.AsObject()) {
        if (is_flat) {
          out->Open(name, attributes);
        } else {
          out->Open("entry");
        }
        EncodeNode(shape.map_key(), shape.map_key().wire_name, Json(key), fraction, out);
        EncodeNode(shape.map_value(), shape.map_value().wire_name, item, fraction, out);
        out->Close(is_flat ? name : "entry");
      }
      if (!is_flat) out->Close(name);
      return;
    }
    default:
      out->Open(name, XmlAttributesOf(member, value));
      out->Text(ScalarToText(member, value, TimestampFormat::kIso8601, fraction));
      out->Close(name);
  }
}

}  // namespace

Result<Json> DecodeXmlBody(const Shape& shape, std::string_view root_name, std::string_view body) {
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(body.data(), body.size(),
                           pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype,
                           pugi::encoding_utf8);
  if (!parsed) return InvalidArgument(std::string("not XML: ") + parsed.description());
  // Entities that it declares would stand unexpanded in the values: a key named &x; instead of the one that was meant.
  for (const pugi::xml_node node : document.children())
    if (node.type() == pugi::node_doctype)
      return InvalidArgument("a document type declaration (<!DOCTYPE) is not allowed");
  const pugi::xml_node root = document.document_element();
  bool is_known = false;
  ASSIGN_OR_RETURN(Json out, DecodeMembers(shape, root, &is_known));
  // A root of another name is forgiven when its children are ours: some clients are careless with
  // it.
  if (!root_name.empty() && LocalName(root.name()) != root_name && !is_known)
    return InvalidArgument("the root element is " + std::string(root.name()) + " instead of " +
                           std::string(root_name));
  return out;
}

std::string XmlAttributesOf(const Member& member, const Json& document) {
  std::string out;
  if (member.xml_namespace != nullptr) {
    const std::string prefix(member.xml_namespace->prefix);
    out += XmlWriter::Attribute(prefix.empty() ? "xmlns" : "xmlns:" + prefix,
                                member.xml_namespace->uri);
  }
  if (member.shape->type != Type::kStructure) return out;
  for (const Member& inner : member.shape->members) {
    if (!inner.Is(Member::kXmlAttribute)) continue;
    const Json* value = document.Find(inner.name);
    if (value != nullptr && value->is_string())
      out += XmlWriter::Attribute(inner.wire_name, value->AsString());
  }
  return out;
}

void EncodeXmlMembers(const Shape& shape, const Json& document, Fraction fraction, XmlWriter* out) {
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody || member.Is(Member::kXmlAttribute)) continue;
    const Json* value = document.Find(member.name);
    if (value == nullptr || value->is_null()) continue;
    EncodeNode(member, member.wire_name, *value, fraction, out);
  }
}

}  // namespace sagebrush::aws::internal
