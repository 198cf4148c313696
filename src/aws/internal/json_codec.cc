// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/json_codec.h"

#include <cmath>
#include <string>

#include "aws/internal/scalar.h"
#include "base/hash.h"

namespace sagebrush::aws::internal {

namespace {

std::string_view TokenOf(const Json& value) {
  switch (value.type()) {
    case Json::Type::kBool:
      return value.AsBool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case Json::Type::kInt:
    case Json::Type::kDouble:
      return "NUMBER_VALUE";
    default:
      return "STRING_VALUE";
  }
}

std::string_view JavaName(Type type) {
  switch (type) {
    case Type::kBoolean:
      return "a Boolean";
    case Type::kInteger:
      return "an Integer";
    case Type::kLong:
      return "a Long";
    case Type::kFloat:
      return "a Float";
    case Type::kDouble:
      return "a Double";
    case Type::kTimestamp:
      return "a Timestamp";
    case Type::kBlob:
      return "a Blob";
    default:
      return "a String";
  }
}

// The sentences of AWS's JSON reader, which differ from one pair of types to the next. Lists, maps,
// strings and integers are as a live json 1.1 service (Athena) answered in 2026; the other scalars
// follow the same form.
Status WrongType(Type wanted, const Json& got) {
  if (wanted == Type::kList)
    return InvalidArgument(got.is_object() ? "Start of structure or map found where not expected."
                                           : "Expected list or null");
  if (wanted == Type::kMap)
    return InvalidArgument(got.is_array() ? "Start of list found where not expected"
                                          : "Expected map or null");
  if (wanted == Type::kStructure)
    return InvalidArgument(got.is_array() ? "Start of list found where not expected"
                                          : "Expected null");
  if (got.is_array()) return InvalidArgument("Start of list found where not expected");
  if (got.is_object())
    return InvalidArgument("Start of structure or map found where not expected.");
  return InvalidArgument(std::string(TokenOf(got)) + " can not be converted to " +
                         std::string(JavaName(wanted)));
}

Result<Json> DecodeStructure(const Shape& shape, const Json& wire) {
  if (!wire.is_object()) return WrongType(Type::kStructure, wire);
  Json out = Json::Object();
  for (const auto& [name, value] : wire.AsObject()) {
    const Member* member = FindByWireName(shape, name);
    if (member == nullptr || value.is_null()) continue;
    auto inner = DecodeJsonValue(*member->shape, value);
    if (!inner.ok()) return inner.status();
    out[member->name] = std::move(inner).value();
  }
  return out;
}

// What stands between the items of one array or object.
class Separator {
 public:
  explicit Separator(std::string* out) : out_(out) {}
  void Append() {
    if (!is_first_) out_->push_back(',');
    is_first_ = false;
  }

 private:
  std::string* const out_;
  bool is_first_ = true;
};

void AppendName(std::string_view name, std::string* out) {
  AppendJsonString(name, out);
  out->push_back(':');
}

// As it stands: a string or a number, or what has another type than its shape.
void AppendScalar(const Json& value, std::string* out) {
  if (value.is_string()) return AppendJsonString(value.AsString(), out);
  out->append(value.Dump());
}

}  // namespace

Result<Json> DecodeJsonValue(const Shape& shape, const Json& wire) {
  if (shape.Is(Shape::kDocument)) return wire;
  switch (shape.type) {
    case Type::kStructure:
      return DecodeStructure(shape, wire);
    case Type::kList: {
      if (!wire.is_array()) return WrongType(shape.type, wire);
      Json out = Json::Array();
      for (const Json& item : wire.AsArray()) {
        if (item.is_null()) continue;  // as AWS does: a null element is as good as none
        auto inner = DecodeJsonValue(*shape.element().shape, item);
        if (!inner.ok()) return inner.status();
        out.Append(std::move(inner).value());
      }
      return out;
    }
    case Type::kMap: {
      if (!wire.is_object()) return WrongType(shape.type, wire);
      Json out = Json::Object();
      auto& entries = out.AsObject();
      for (const auto& [key, item] : wire.AsObject()) {
        if (item.is_null()) continue;
        auto inner = DecodeJsonValue(*shape.map_value().shape, item);
        if (!inner.ok()) return inner.status();
        entries.emplace_back(key, std::move(inner).value());
      }
      return out;
    }
    case Type::kString:
      return wire.is_string() ? Result<Json>(wire) : WrongType(shape.type, wire);
    case Type::kBoolean:
      return wire.is_bool() ? Result<Json>(wire) : WrongType(shape.type, wire);
    case Type::kInteger:
    case Type::kLong:
      return wire.is_number() ? Result<Json>(Json(wire.AsInt())) : WrongType(shape.type, wire);
    case Type::kFloat:
    case Type::kDouble:
      if (wire.is_number()) return wire;
      if (wire.is_string() && (wire.AsString() == "NaN" || wire.AsString() == "Infinity" ||
                               wire.AsString() == "-Infinity"))
        return ScalarFromText(shape, wire.AsString());
      return WrongType(shape.type, wire);
    case Type::kTimestamp: {
      if (wire.is_number()) return TimestampFromSeconds(wire.AsDouble());
      if (!wire.is_string()) return WrongType(shape.type, wire);
      auto time = ScalarFromText(shape, wire.AsString());
      return time.ok() ? std::move(time) : Result<Json>(WrongType(shape.type, wire));
    }
    case Type::kBlob: {
      if (!wire.is_string()) return WrongType(shape.type, wire);
      auto bytes = Base64Decode(wire.AsString());
      if (!bytes.ok()) return InvalidArgument("A blob is not base64: " + bytes.status().message());
      return Json(std::move(bytes).value());
    }
  }
  return Json();
}

Result<Json> DecodeJsonBody(const Shape& shape, std::string_view body) {
  auto wire = Json::Parse(body);
  // AWS's words (Lambda's are these); the parser's own would say how this server is made.
  if (!wire.ok()) return InvalidArgument("Could not parse request body into json");
  if (shape.Is(Shape::kDocument)) return wire;
  if (!wire->is_object() && !wire->is_array())
    return InvalidArgument("The request body is not a JSON object");
  return DecodeStructure(shape, *wire);
}

void AppendJsonValue(const Member& member, const Json& value, std::string* out) {
  const Shape& shape = *member.shape;
  if (!shape.Is(Shape::kDocument)) {
    if (shape.type == Type::kStructure && value.is_object())
      return AppendJsonStructure(shape, value, out);
    if (shape.type == Type::kList && value.is_array()) {
      Separator comma(out);
      out->push_back('[');
      for (const Json& item : value.AsArray()) {
        comma.Append();
        AppendJsonValue(shape.element(), item, out);
      }
      return out->push_back(']');
    }
    if (shape.type == Type::kMap && value.is_object()) {
      Separator comma(out);
      out->push_back('{');
      for (const auto& [key, item] : value.AsObject()) {
        comma.Append();
        AppendName(key, out);
        AppendJsonValue(shape.map_value(), item, out);
      }
      return out->push_back('}');
    }
    if (shape.type == Type::kTimestamp && value.is_number()) {
      if (member.timestamp_format == TimestampFormat::kProtocol ||
          member.timestamp_format == TimestampFormat::kUnix)
        return AppendScalar(TimestampNumber(value.AsDouble()), out);
      return AppendJsonString(
          ScalarToText(member, value, TimestampFormat::kIso8601, Fraction::kWhereAny), out);
    }
    // JSON has no word for these.
    if ((shape.type == Type::kFloat || shape.type == Type::kDouble) && value.is_number() &&
        !std::isfinite(value.AsDouble()))
      return AppendJsonString(
          ScalarToText(member, value, TimestampFormat::kProtocol, Fraction::kNone), out);
    if (shape.type == Type::kBlob && value.is_string())
      return AppendJsonString(Base64Encode(value.AsString()), out);
  }
  AppendScalar(value, out);
}

void AppendJsonStructure(const Shape& shape, const Json& document, std::string* out) {
  out->push_back('{');
  if (document.is_object()) {
    Separator comma(out);
    for (const auto& [name, value] : document.AsObject()) {
      const Member* member = shape.Find(name);
      if (member == nullptr || member->location != Location::kBody || value.is_null()) continue;
      comma.Append();
      AppendName(member->wire_name, out);
      AppendJsonValue(*member, value, out);
    }
  }
  out->push_back('}');
}

}  // namespace sagebrush::aws::internal
