// SPDX-License-Identifier: Apache-2.0
#include "aws/validate.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/strings.h"

namespace sagebrush::aws {

namespace {

// What AWS's messages make of a number: whole ones without a point.
std::string NumberText(double value) {
  char buffer[40];
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (std::nearbyint(value) == value && std::abs(value) < 1e18)
    return std::to_string(static_cast<long long>(value));
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end);
}

std::string LowerFirst(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z')
    out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

// A value as Java's toString shows it: [a, b], {k=v}, Tag(key=a, value=b).
void AppendShown(const Shape& shape, const Json& value, std::string* out) {
  if (shape.Is(Shape::kSensitive)) {
    out->append("***");
  } else if (value.is_null()) {
    out->append("null");
  } else if (value.is_string()) {
    out->append(value.AsString());
  } else if (value.is_bool()) {
    out->append(value.AsBool() ? "true" : "false");
  } else if (value.is_int()) {
    out->append(std::to_string(value.AsInt()));
  } else if (value.is_number()) {
    out->append(NumberText(value.AsDouble()));
  } else if (value.is_array()) {
    out->push_back('[');
    bool is_first = true;
    for (const Json& item : value.AsArray()) {
      if (!std::exchange(is_first, false)) out->append(", ");
      AppendShown(shape.type == Type::kList ? *shape.element().shape : shape, item, out);
    }
    out->push_back(']');
  } else {
    const bool is_map = shape.type != Type::kStructure;
    if (!is_map) out->append(shape.name);
    out->push_back(is_map ? '{' : '(');
    bool is_first = true;
    for (const auto& [key, item] : value.AsObject()) {
      if (!std::exchange(is_first, false)) out->append(", ");
      out->append(is_map ? key : LowerFirst(key));
      out->push_back('=');
      const Member* member = is_map ? nullptr : shape.Find(key);
      const Shape* inner = is_map && shape.type == Type::kMap ? shape.map_value().shape
                           : member != nullptr                ? member->shape
                                                              : &shape;
      AppendShown(*inner, item, out);
    }
    out->push_back(is_map ? '}' : ')');
  }
}

// Whether a service tells the values that it refuses, and the sets that they should be of.
enum class Shows { kAll, kNoValues };

// "Value 'x' at 'path' failed to satisfy constraint: ", or without the value where it is a secret.
std::string Opening(const Shape& shape, const Json& value, const std::string& path, Shows shows) {
  // Logs' identifiers of groups are no secrets in the model, but are not told either (recorded from AWS).
  if (shows == Shows::kNoValues || shape.Is(Shape::kSensitive) ||
      shape.name == "LogGroupIdentifier")
    return "Value at '" + path + "' failed to satisfy constraint: ";
  std::string out = "Value '";
  AppendShown(shape, value, &out);
  return out + "' at '" + path + "' failed to satisfy constraint: ";
}

std::string EnumText(const Shape& shape, Shows shows) {
  if (shows == Shows::kNoValues) return "Member must satisfy enum value set";
  std::string out = "Member must satisfy enum value set: [";
  for (std::size_t i = 0; i < shape.enum_values.size(); ++i) {
    if (i > 0) out.append(", ");
    out.append(shape.enum_values[i]);
  }
  return out + "]";
}

bool IsScalar(const Shape& shape) {
  return shape.type != Type::kStructure && shape.type != Type::kList && shape.type != Type::kMap;
}

// What min and max measure of this value: length in code points, size, or the number itself.
// Nothing: no such measure.
std::optional<double> Measure(const Shape& shape, const Json& value) {
  switch (shape.type) {
    case Type::kString:
      return value.is_string() ? std::optional(static_cast<double>(CodePoints(value.AsString())))
                               : std::nullopt;
    case Type::kBlob:
      return value.is_string() ? std::optional(static_cast<double>(value.AsString().size()))
                               : std::nullopt;
    case Type::kList:
    case Type::kMap:
      return static_cast<double>(value.size());
    case Type::kInteger:
    case Type::kLong:
    case Type::kFloat:
    case Type::kDouble:
      return value.is_number() ? std::optional(value.AsDouble()) : std::nullopt;
    default:
      return std::nullopt;
  }
}

bool IsNumber(const Shape& shape) {
  return shape.type == Type::kInteger || shape.type == Type::kLong || shape.type == Type::kFloat ||
         shape.type == Type::kDouble;
}

std::string BoundText(const Shape& shape, bool is_max) {
  return std::string(IsNumber(shape) ? "Member must have value " : "Member must have length ") +
         (is_max ? "less than or equal to " : "greater than or equal to ") +
         NumberText(is_max ? shape.max : shape.min);
}

class Walk {
 public:
  Walk(PatternCache* patterns, std::vector<std::string>* violations, Shows shows)
      : patterns_(patterns), violations_(violations), shows_(shows) {}

  void Structure(const Shape& shape, const Json& document, const std::string& path) {
    for (const Member& member : shape.members) {
      // A payload that is the body itself is read by the handler, so it is not in the document.
      if (member.Is(Member::kStreaming) ||
          (&member == shape.payload() && member.shape->type == Type::kBlob))
        continue;
      const std::string inner = (path.empty() ? "" : path + ".") + LowerFirst(member.name);
      const Json* value = document.Find(member.name);
      if (value != nullptr && !value->is_null()) {
        Value(*member.shape, *value, inner);
      } else if (member.Is(Member::kRequired)) {
        violations_->push_back("Value null at '" + inner +
                               "' failed to satisfy constraint: Member must not be null");
      }
    }
  }

 private:
  void Value(const Shape& shape, const Json& value, const std::string& path) {
    for (const std::string& text : Broken(shape, value))
      violations_->push_back(Opening(shape, value, path, shows_) + text);
    Inside(shape, value, path);
  }

  void Inside(const Shape& shape, const Json& value, const std::string& path) {
    if (shape.type == Type::kStructure) {
      Structure(shape, value, path);
    } else if (shape.type == Type::kList && value.is_array()) {
      List(shape, value, path);
    } else if (shape.type == Type::kMap && value.is_object()) {
      Map(shape, value, path);
    }
  }

  // What an element itself breaks is told of once, for the list: "Member must satisfy constraint:
  // [all of the element's]"; what stands inside it, at its place.
  void List(const Shape& shape, const Json& value, const std::string& path) {
    const Shape& element = *shape.element().shape;
    const auto& items = value.AsArray();
    const bool is_broken = std::any_of(items.begin(), items.end(), [&](const Json& item) {
      return !Broken(element, item).empty();
    });
    if (is_broken)
      violations_->push_back(Opening(shape, value, path, shows_) +
                             "Member must satisfy constraint: [" + AllOf(element) + "]");
    if (IsScalar(element)) return;
    for (std::size_t i = 0; i < items.size(); ++i)
      Inside(element, items[i], path + "." + std::to_string(i + 1) + ".member");
  }

  void Map(const Shape& shape, const Json& value, const std::string& path) {
    const Shape& key_shape = *shape.map_key().shape;
    const Shape& item_shape = *shape.map_value().shape;
    bool is_key_broken = false;
    bool is_item_broken = false;
    for (const auto& [key, item] : value.AsObject()) {
      is_key_broken = is_key_broken || !Broken(key_shape, Json(key)).empty();
      is_item_broken = is_item_broken || !Broken(item_shape, item).empty();
      if (!IsScalar(item_shape)) Inside(item_shape, item, path + "." + key + ".member");
    }
    if (is_key_broken)
      violations_->push_back(Opening(shape, value, path, shows_) +
                             "Map keys must satisfy constraint: [" + AllOf(key_shape) + "]");
    if (is_item_broken)
      violations_->push_back(Opening(shape, value, path, shows_) +
                             "Map value must satisfy constraint: [" + AllOf(item_shape) + "]");
  }

  // The texts of the value's own constraints that it breaks.
  std::vector<std::string> Broken(const Shape& shape, const Json& value) {
    std::vector<std::string> out;
    const std::optional<double> measure = Measure(shape, value);
    if (!shape.pattern.empty() && value.is_string() &&
        !patterns_->Matches(shape.pattern, value.AsString()))
      out.push_back("Member must satisfy regular expression pattern: " +
                    std::string(shape.pattern));
    // Written so that NaN breaks every bound.
    if (shape.Is(Shape::kHasMax) && measure && !(*measure <= shape.max))
      out.push_back(BoundText(shape, true));
    if (shape.Is(Shape::kHasMin) && measure && !(*measure >= shape.min))
      out.push_back(BoundText(shape, false));
    if (!shape.enum_values.empty() && value.is_string() &&
        std::find(shape.enum_values.begin(), shape.enum_values.end(), value.AsString()) ==
            shape.enum_values.end())
      out.push_back(EnumText(shape, shows_));
    return out;
  }

  // Every constraint of an element in AWS's order, for the bracketed texts of lists and maps.
  std::string AllOf(const Shape& shape) const {
    std::vector<std::string> texts;
    if (shape.Is(Shape::kHasMax)) texts.push_back(BoundText(shape, true));
    if (shape.Is(Shape::kHasMin)) texts.push_back(BoundText(shape, false));
    if (!shape.pattern.empty())
      texts.push_back("Member must satisfy regular expression pattern: " +
                      std::string(shape.pattern));
    if (!shape.enum_values.empty()) texts.push_back(EnumText(shape, shows_));
    return Join(texts, ", ");
  }

  PatternCache* patterns_;
  std::vector<std::string>* violations_;
  const Shows shows_;
};

// CloudWatch Logs looks at these two lengths before anything else, and has one sentence for both (recorded from AWS).
bool HasLongLogName(const Json& document) {
  constexpr std::size_t kMax = 512;
  for (const char* member : {"logGroupName", "logStreamName"})
    if (CodePoints(document.GetString(member)) > kMax) return true;
  return false;
}

// S3 names no constraint but the one that is missing; the nested ones are faults of the XML.
std::optional<Error> CheckS3(const Shape& shape, const Json& document, bool is_top) {
  for (const Member& member : shape.members) {
    const Json* value = document.Find(member.name);
    const bool is_streamed = member.Is(Member::kStreaming) ||
                             (&member == shape.payload() && member.shape->type == Type::kBlob);
    if (member.Is(Member::kRequired) && value == nullptr && !is_streamed) {
      if (!is_top)
        return MakeError(Protocol::kRestXml, Fault::kMalformed,
                         "The XML you provided was not well-formed or did not validate against our "
                         "published schema");
      switch (member.location) {
        case Location::kHeader:
          return Error{"InvalidRequest", "Missing required header for this request: " +
                                             std::string(member.wire_name)};
        case Location::kQuery:
          return Error{"InvalidArgument", "Missing required parameter for this request: " +
                                              std::string(member.wire_name)};
        default:
          return Error{"MissingRequestBodyError", "Request Body is empty"};
      }
    }
    if (value == nullptr) continue;
    if (member.shape->type == Type::kStructure) {
      if (auto error = CheckS3(*member.shape, *value, false)) return error;
    } else if (member.shape->type == Type::kList &&
               member.shape->element().shape->type == Type::kStructure && value->is_array()) {
      for (const Json& item : value->AsArray())
        if (auto error = CheckS3(*member.shape->element().shape, item, false)) return error;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> Validator::Violations(const Shape& shape, const Json& document) {
  std::vector<std::string> violations;
  Walk(&patterns_, &violations, Shows::kAll).Structure(shape, document, "");
  return violations;
}

std::optional<Error> Validator::Check(const Service& service, const Operation& operation,
                                      const Json& document) {
  if (operation.input == nullptr) return std::nullopt;
  if (service.protocol() == Protocol::kRestXml) return CheckS3(*operation.input, document, true);
  if (service.name == "logs" && HasLongLogName(document))
    return Error{std::string(service.validation_code),
                 "Invalid LogGroup or LogStream, both must have length less than or equal to 512."};
  // IAM has not told values since 2024 (recorded from AWS).
  const Shows shows = service.name == "iam" ? Shows::kNoValues : Shows::kAll;
  std::vector<std::string> violations;
  Walk(&patterns_, &violations, shows).Structure(*operation.input, document, "");
  if (violations.empty()) return std::nullopt;
  return Error{std::string(service.validation_code),
               std::to_string(violations.size()) +
                   (violations.size() == 1 ? " validation error detected: "
                                           : " validation errors detected: ") +
                   Join(violations, "; ")};
}

}  // namespace sagebrush::aws
