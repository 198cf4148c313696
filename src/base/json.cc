// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <simdjson.h>

namespace sagebrush {

namespace {

constexpr std::size_t kMaxDepth = 256;

Json FromElement(simdjson::dom::element element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::NULL_VALUE:
      return {};
    case element_type::BOOL:
      return Json(bool(element));
    case element_type::INT64:
      return Json(std::int64_t(element));
    case element_type::UINT64:
      return Json(static_cast<double>(std::uint64_t(element)));
    case element_type::DOUBLE:
      return Json(double(element));
    case element_type::STRING:
      return Json(std::string_view(element));
    case element_type::ARRAY: {
      const simdjson::dom::array array(element);
      Json::ArrayType items;
      items.reserve(array.size());
      for (const auto item : array) items.push_back(FromElement(item));
      return Json(std::move(items));
    }
    case element_type::OBJECT: {
      const simdjson::dom::object fields(element);
      Json object = Json::Object();
      auto& members = object.AsObject();
      members.reserve(fields.size());
      for (const auto field : fields)
        members.emplace_back(std::string(field.key), FromElement(field.value));
      return object;
    }
  }
  return {};
}

void AppendIndent(int indent, std::string* out) {
  if (indent < 0) return;
  out->push_back('\n');
  out->append(static_cast<std::size_t>(indent) * 2, ' ');
}

// indent < 0: compact.
void Write(const Json& value, int indent, std::string* out) {
  const int inner = indent < 0 ? -1 : indent + 1;
  switch (value.type()) {
    case Json::Type::kNull:
      out->append("null");
      return;
    case Json::Type::kBool:
      out->append(value.AsBool() ? "true" : "false");
      return;
    case Json::Type::kInt:
      out->append(std::to_string(value.AsInt()));
      return;
    case Json::Type::kDouble:
      AppendJsonDouble(value.AsDouble(), out);
      return;
    case Json::Type::kString:
      AppendJsonString(value.AsString(), out);
      return;
    case Json::Type::kArray: {
      const auto& items = value.AsArray();
      out->push_back('[');
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out->push_back(',');
        AppendIndent(inner, out);
        Write(items[i], inner, out);
      }
      if (!items.empty()) AppendIndent(indent, out);
      out->push_back(']');
      return;
    }
    case Json::Type::kObject: {
      const auto& members = value.AsObject();
      out->push_back('{');
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0) out->push_back(',');
        AppendIndent(inner, out);
        AppendJsonString(members[i].first, out);
        out->append(indent < 0 ? ":" : ": ");
        Write(members[i].second, inner, out);
      }
      if (!members.empty()) AppendIndent(indent, out);
      out->push_back('}');
      return;
    }
  }
}

// A parser's buffers are several times its text. Those for texts up to this size are kept, a set a thread: making them anew
// was a tenth of a small document's cost.
constexpr std::size_t kReusedParserText = 64 << 10;

Result<Json> ParseWith(simdjson::dom::parser& parser, std::string_view text) {
  if (parser.capacity() < text.size() + 1 &&
      parser.allocate(text.size() + 1, kMaxDepth) != simdjson::SUCCESS)
    return ResourceExhausted("JSON text too large");
  simdjson::dom::element root;
  const auto error = parser.parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS)
    return InvalidArgument(std::string("not JSON: ") + simdjson::error_message(error));
  return FromElement(root);
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  std::size_t plain = 0;  // from here on nothing needs an escape: appended as one
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        out->append("\\u00");
        out->push_back(kHex[byte >> 4]);
        out->push_back(kHex[byte & 15]);
    }
  }
  out->append(text, plain);
  out->push_back('"');
}

void AppendJsonDouble(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");  // JSON has no word for it
    return;
  }
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  out->append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out->append(".0");
}

Json Json::Object(std::initializer_list<Member> members) { return Json(ObjectType(members)); }

Result<Json> Json::Parse(std::string_view text) {
  if (text.size() > kReusedParserText) {
    simdjson::dom::parser once;
    return ParseWith(once, text);
  }
  thread_local simdjson::dom::parser kept;
  return ParseWith(kept, text);
}

std::string Json::Dump() const {
  std::string out;
  Write(*this, -1, &out);
  return out;
}

std::string Json::DumpPretty() const {
  std::string out;
  Write(*this, 0, &out);
  out.push_back('\n');
  return out;
}

bool Json::AsBool() const {
  SAGEBRUSH_CHECK(is_bool(), "not a JSON boolean");
  return std::get<bool>(value_);
}

std::int64_t Json::AsInt() const {
  if (const auto* number = std::get_if<double>(&value_)) {
    constexpr double kLimit = 9.2e18;
    return static_cast<std::int64_t>(std::clamp(*number, -kLimit, kLimit));
  }
  SAGEBRUSH_CHECK(is_int(), "not a JSON number");
  return std::get<std::int64_t>(value_);
}

double Json::AsDouble() const {
  if (is_int()) return static_cast<double>(std::get<std::int64_t>(value_));
  SAGEBRUSH_CHECK(type() == Type::kDouble, "not a JSON number");
  return std::get<double>(value_);
}

const std::string& Json::AsString() const {
  SAGEBRUSH_CHECK(is_string(), "not a JSON string");
  return std::get<std::string>(value_);
}

const Json::ArrayType& Json::AsArray() const {
  SAGEBRUSH_CHECK(is_array(), "not a JSON array");
  return std::get<ArrayType>(value_);
}

Json::ArrayType& Json::AsArray() {
  SAGEBRUSH_CHECK(is_array(), "not a JSON array");
  return std::get<ArrayType>(value_);
}

const Json::ObjectType& Json::AsObject() const {
  SAGEBRUSH_CHECK(is_object(), "not a JSON object");
  return std::get<ObjectType>(value_);
}

Json::ObjectType& Json::AsObject() {
  SAGEBRUSH_CHECK(is_object(), "not a JSON object");
  return std::get<ObjectType>(value_);
}

const Json* Json::Find(std::string_view name) const {
  const auto* members = std::get_if<ObjectType>(&value_);
  if (members == nullptr) return nullptr;
  const auto it = std::find_if(members->begin(), members->end(),
                               [&](const Member& m) { return m.first == name; });
  return it == members->end() ? nullptr : &it->second;
}

Json* Json::Find(std::string_view name) {
  return const_cast<Json*>(std::as_const(*this).Find(name));
}

Json& Json::operator[](std::string_view name) {
  if (is_null()) value_ = ObjectType();
  if (Json* found = Find(name)) return *found;
  auto& members = AsObject();
  members.emplace_back(std::string(name), Json());
  return members.back().second;
}

bool Json::Remove(std::string_view name) {
  auto& members = AsObject();
  return std::erase_if(members, [&](const Member& m) { return m.first == name; }) > 0;
}

std::string Json::GetString(std::string_view name, std::string_view fallback) const {
  const Json* member = Find(name);
  return member != nullptr && member->is_string() ? member->AsString() : std::string(fallback);
}

std::int64_t Json::GetInt(std::string_view name, std::int64_t fallback) const {
  const Json* member = Find(name);
  return member != nullptr && member->is_number() ? member->AsInt() : fallback;
}

double Json::GetDouble(std::string_view name, double fallback) const {
  const Json* member = Find(name);
  return member != nullptr && member->is_number() ? member->AsDouble() : fallback;
}

bool Json::GetBool(std::string_view name, bool fallback) const {
  const Json* member = Find(name);
  return member != nullptr && member->is_bool() ? member->AsBool() : fallback;
}

void Json::Append(Json value) {
  if (is_null()) value_ = ArrayType();
  AsArray().push_back(std::move(value));
}

std::size_t Json::size() const {
  if (is_array()) return AsArray().size();
  if (is_object()) return AsObject().size();
  return 0;
}

}  // namespace sagebrush
