// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/clock.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws::internal {

namespace {

Result<Json> TimestampFromText(std::string_view text) {
  // Some clients send seconds where the model says ISO 8601, so numbers are taken everywhere.
  if (const auto seconds = ParseDouble(text)) return TimestampFromSeconds(*seconds);
  auto time = ParseTime(text);
  if (!time.ok()) return InvalidArgument("'" + std::string(text) + "' is not a timestamp");
  return Json(ToEpochSeconds(*time));
}

std::string NumberToText(const Json& value) {
  if (value.is_int()) return std::to_string(value.AsInt());
  const double number = value.AsDouble();
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, end);
}

}  // namespace

Result<Json> TimestampFromSeconds(double seconds) {
  constexpr double kYear1 = -62'135'596'800.0;
  constexpr double kYear10000 = 253'402'300'800.0;
  if (!(seconds >= kYear1 && seconds < kYear10000))
    return InvalidArgument("a timestamp is beyond the years 1 to 9999");
  return Json(seconds);
}

Result<Json> ScalarFromText(const Shape& shape, std::string_view text) {
  switch (shape.type) {
    case Type::kString:
      // A document is kept as JSON, which has no room for other bytes.
      if (!IsValidUtf8(text)) return InvalidArgument("a text is not UTF-8");
      return Json(text);
    case Type::kBlob: {
      auto bytes = Base64Decode(text);
      if (!bytes.ok()) return InvalidArgument("a blob is not base64");
      return Json(std::move(bytes).value());
    }
    case Type::kBoolean:
      if (EqualsIgnoreCase(text, "true")) return Json(true);
      if (EqualsIgnoreCase(text, "false")) return Json(false);
      return InvalidArgument("'" + std::string(text) + "' is neither true nor false");
    case Type::kInteger:
    case Type::kLong: {
      const auto number = ParseInt(Trim(text));
      if (!number) return InvalidArgument("'" + std::string(text) + "' is not an integer");
      if (shape.type == Type::kInteger && (*number < std::numeric_limits<std::int32_t>::min() ||
                                           *number > std::numeric_limits<std::int32_t>::max()))
        return InvalidArgument("'" + std::string(text) + "' is not a 32-bit integer");
      return Json(*number);
    }
    case Type::kFloat:
    case Type::kDouble: {
      const auto number = ParseDouble(Trim(text));
      if (!number) return InvalidArgument("'" + std::string(text) + "' is not a number");
      return Json(*number);
    }
    case Type::kTimestamp:
      return TimestampFromText(Trim(text));
    default:
      return InvalidArgument("not a scalar");
  }
}

std::string ScalarToText(const Member& member, const Json& value, TimestampFormat place,
                         Fraction fraction) {
  const Shape& shape = *member.shape;
  if (shape.type == Type::kTimestamp && value.is_number()) {
    const TimePoint time = FromEpochSeconds(value.AsDouble());
    switch (member.timestamp_format == TimestampFormat::kProtocol ? place
                                                                  : member.timestamp_format) {
      case TimestampFormat::kRfc822:
        return FormatHttpDate(time);
      case TimestampFormat::kUnix:
        return NumberToText(TimestampNumber(value.AsDouble()));
      default:
        return fraction == Fraction::kMillis ||
                       (fraction == Fraction::kWhereAny && ToMillis(time) % 1000 != 0)
                   ? FormatIso8601Millis(time)
                   : FormatIso8601(time);
    }
  }
  if (shape.type == Type::kBlob && value.is_string()) return Base64Encode(value.AsString());
  if (value.is_string()) return value.AsString();
  if (value.is_bool()) return value.AsBool() ? "true" : "false";
  if (value.is_number()) {
    if (shape.type == Type::kInteger || shape.type == Type::kLong)
      return std::to_string(value.AsInt());
    return NumberToText(value);
  }
  return value.Dump();
}

Json TimestampNumber(double seconds) {
  const double millis = std::nearbyint(seconds * 1000.0);
  if (std::fmod(millis, 1000.0) == 0) return Json(static_cast<std::int64_t>(millis / 1000.0));
  return Json(millis / 1000.0);
}

const Member* FindByWireName(const Shape& shape, std::string_view wire_name) {
  const auto it = std::find_if(shape.members.begin(), shape.members.end(),
                               [&](const Member& member) { return member.wire_name == wire_name; });
  return it == shape.members.end() ? nullptr : &*it;
}

}  // namespace sagebrush::aws::internal
