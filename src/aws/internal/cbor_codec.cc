// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/cbor_codec.h"

#include <cmath>
#include <limits>

#include "aws/internal/scalar.h"

namespace sagebrush::aws::internal {

namespace {

using Item = CborReader::Item;
using Kind = CborReader::Kind;

constexpr std::uint64_t kEpochTag = 1;  // RFC 8949, section 3.4.2

Status Expected(std::string_view what) { return InvalidArgument("expected " + std::string(what)); }

Result<Json> DecodeItem(const Shape& shape, const Item& item, CborReader* in);

// A null element is as good as none, as in JSON.
Result<Json> DecodeList(const Shape& shape, CborReader* in) {
  Json out = Json::Array();
  while (true) {
    ASSIGN_OR_RETURN(const bool has_more, in->More());
    if (!has_more) return out;
    ASSIGN_OR_RETURN(const Item item, in->Next());
    if (item.kind == Kind::kNull) continue;
    ASSIGN_OR_RETURN(Json value, DecodeItem(*shape.element().shape, item, in));
    out.Append(std::move(value));
  }
}

Result<std::string> DecodeKey(CborReader* in) {
  ASSIGN_OR_RETURN(Item key, in->Next());
  if (key.kind != Kind::kText) return Expected("a text as a key");
  return std::move(key.text);
}

Result<Json> DecodeMap(const Shape& shape, CborReader* in) {
  Json out = Json::Object();
  while (true) {
    ASSIGN_OR_RETURN(const bool has_more, in->More());
    if (!has_more) return out;
    ASSIGN_OR_RETURN(std::string key, DecodeKey(in));
    ASSIGN_OR_RETURN(const Item item, in->Next());
    if (item.kind == Kind::kNull) continue;
    ASSIGN_OR_RETURN(Json value, DecodeItem(*shape.map_value().shape, item, in));
    out.AsObject().emplace_back(std::move(key), std::move(value));
  }
}

Result<Json> DecodeStructure(const Shape& shape, CborReader* in) {
  Json out = Json::Object();
  while (true) {
    ASSIGN_OR_RETURN(const bool has_more, in->More());
    if (!has_more) return out;
    ASSIGN_OR_RETURN(const std::string name, DecodeKey(in));
    ASSIGN_OR_RETURN(const Item item, in->Next());
    const Member* member = shape.Find(name);
    if (member == nullptr) {
      RETURN_IF_ERROR(in->Skip(item));
    } else if (item.kind != Kind::kNull) {
      auto value = DecodeItem(*member->shape, item, in);
      if (!value.ok()) return value.status().WithContext(name);
      out[member->name] = std::move(value).value();
    }
  }
}

// Whole floats count as integers: JavaScript has no others.
Result<Json> DecodeInteger(const Shape& shape, const Item& item) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::int64_t value = 0;
  if ((item.kind == Kind::kUint || item.kind == Kind::kNegative) && item.value <= kMax) {
    const auto magnitude = static_cast<std::int64_t>(item.value);
    value = item.kind == Kind::kUint ? magnitude : -1 - magnitude;
  } else if (item.kind == Kind::kFloat && std::nearbyint(item.number) == item.number &&
             std::abs(item.number) < 9.0e18) {
    value = static_cast<std::int64_t>(item.number);
  } else {
    return Expected("an integer of 64 bits");
  }
  if (shape.type == Type::kInteger && (value < std::numeric_limits<std::int32_t>::min() ||
                                       value > std::numeric_limits<std::int32_t>::max()))
    return Expected("an integer of 32 bits");
  return Json(value);
}

Result<double> DecodeNumber(const Item& item) {
  switch (item.kind) {
    case Kind::kFloat:
      return item.number;
    case Kind::kUint:
      return static_cast<double>(item.value);
    case Kind::kNegative:
      return -1.0 - static_cast<double>(item.value);
    default:
      return Expected("a number");
  }
}

Result<Json> DecodeItem(const Shape& shape, const Item& item, CborReader* in) {
  switch (shape.type) {
    case Type::kStructure:
      return item.kind == Kind::kMap ? DecodeStructure(shape, in) : Expected("a map");
    case Type::kMap:
      return item.kind == Kind::kMap ? DecodeMap(shape, in) : Expected("a map");
    case Type::kList:
      return item.kind == Kind::kArray ? DecodeList(shape, in) : Expected("an array");
    case Type::kString:
      return item.kind == Kind::kText ? Result<Json>(item.text) : Expected("a text");
    case Type::kBlob:
      return item.kind == Kind::kBytes ? Result<Json>(item.text) : Expected("a byte string");
    case Type::kBoolean:
      return item.kind == Kind::kBool ? Result<Json>(item.value != 0) : Expected("a boolean");
    case Type::kInteger:
    case Type::kLong:
      return DecodeInteger(shape, item);
    case Type::kFloat:
    case Type::kDouble: {
      ASSIGN_OR_RETURN(const double number, DecodeNumber(item));
      return Json(number);
    }
    case Type::kTimestamp: {
      if (item.kind != Kind::kTag || item.value != kEpochTag)
        return Expected("a timestamp with tag 1");
      ASSIGN_OR_RETURN(const Item seconds, in->Next());
      ASSIGN_OR_RETURN(const double number, DecodeNumber(seconds));
      return TimestampFromSeconds(number);
    }
  }
  return Expected("something else");
}

// JSON without a model.
void EncodeAny(const Json& value, CborWriter* out) {
  switch (value.type()) {
    case Json::Type::kNull:
      return out->Null();
    case Json::Type::kBool:
      return out->Bool(value.AsBool());
    case Json::Type::kInt:
      return out->Int(value.AsInt());
    case Json::Type::kDouble:
      return out->Double(value.AsDouble());
    case Json::Type::kString:
      return out->Text(value.AsString());
    case Json::Type::kArray:
      out->OpenArray(value.size());
      for (const Json& item : value.AsArray()) EncodeAny(item, out);
      return;
    case Json::Type::kObject:
      out->OpenMap(value.size());
      for (const auto& [key, item] : value.AsObject()) {
        out->Text(key);
        EncodeAny(item, out);
      }
      return;
  }
}

void EncodeValue(const Shape& shape, const Json& value, CborWriter* out);

void EncodeStructure(const Shape& shape, const Json& document, CborWriter* out) {
  std::vector<std::pair<const Member*, const Json*>> present;
  if (document.is_object())
    for (const auto& [name, value] : document.AsObject())
      if (const Member* member = shape.Find(name); member != nullptr && !value.is_null())
        present.emplace_back(member, &value);
  out->OpenMap(present.size());
  for (const auto& [member, value] : present) {
    out->Text(member->name);
    EncodeValue(*member->shape, *value, out);
  }
}

void EncodeValue(const Shape& shape, const Json& value, CborWriter* out) {
  if (value.is_null()) return out->Null();
  switch (shape.type) {
    case Type::kStructure:
      return EncodeStructure(shape, value, out);
    case Type::kList:
      if (!value.is_array()) break;
      out->OpenArray(value.size());
      for (const Json& item : value.AsArray()) EncodeValue(*shape.element().shape, item, out);
      return;
    case Type::kMap:
      if (!value.is_object()) break;
      out->OpenMap(value.size());
      for (const auto& [key, item] : value.AsObject()) {
        out->Text(key);
        EncodeValue(*shape.map_value().shape, item, out);
      }
      return;
    case Type::kBlob:
      if (!value.is_string()) break;
      return out->Bytes(value.AsString());
    case Type::kFloat:
    case Type::kDouble:
      if (!value.is_number()) break;
      return out->Double(value.AsDouble());
    case Type::kTimestamp:
      if (!value.is_number()) break;
      out->Tag(kEpochTag);
      return EncodeAny(TimestampNumber(value.AsDouble()), out);
    default:
      break;
  }
  EncodeAny(value, out);
}

}  // namespace

Result<Json> DecodeCborBody(const Shape& shape, std::string_view body) {
  if (body.empty()) return Json::Object();
  CborReader in(body);
  ASSIGN_OR_RETURN(const Item root, in.Next());
  ASSIGN_OR_RETURN(Json document, DecodeItem(shape, root, &in));
  if (!in.AtEnd()) return InvalidArgument("not CBOR: something follows the document");
  return document;
}

std::string EncodeCborBody(const Shape& shape, const Json& document) {
  CborWriter out;
  EncodeStructure(shape, document, &out);
  return out.Take();
}

std::string EncodeCborError(std::string_view type, const Shape* shape, const Json& members) {
  CborWriter out;
  out.OpenMap(members.size() + 1);
  out.Text("__type");
  out.Text(type);
  for (const auto& [name, value] : members.AsObject()) {
    out.Text(name);
    const Member* member = shape == nullptr ? nullptr : shape->Find(name);
    if (member == nullptr) {
      EncodeAny(value, &out);
    } else {
      EncodeValue(*member->shape, value, &out);
    }
  }
  return out.Take();
}

}  // namespace sagebrush::aws::internal
