// SPDX-License-Identifier: Apache-2.0
#include "aws/bind.h"

#include <algorithm>
#include <limits>

namespace sagebrush::aws {

void Binding::Fail(std::string_view member, std::string_view expected) {
  if (fault_.empty()) fault_ = std::string(member) + " is not " + std::string(expected);
}

int IndexOf(std::span<const std::string_view> values, std::string_view text) {
  const auto it = std::find(values.begin(), values.end(), text);
  return it == values.end() ? -1 : static_cast<int>(it - values.begin());
}

void Read(const Json& value, std::string_view name, std::string* out, Binding* binding) {
  if (!value.is_string()) return binding->Fail(name, "a string");
  *out = value.AsString();
}

void Read(const Json& value, std::string_view name, bool* out, Binding* binding) {
  if (!value.is_bool()) return binding->Fail(name, "a boolean");
  *out = value.AsBool();
}

void Read(const Json& value, std::string_view name, std::int32_t* out, Binding* binding) {
  if (!value.is_number()) return binding->Fail(name, "a number");
  const std::int64_t wide = value.AsInt();
  if (wide < std::numeric_limits<std::int32_t>::min() ||
      wide > std::numeric_limits<std::int32_t>::max())
    return binding->Fail(name, "a 32-bit integer");
  *out = static_cast<std::int32_t>(wide);
}

void Read(const Json& value, std::string_view name, std::int64_t* out, Binding* binding) {
  if (!value.is_number()) return binding->Fail(name, "a number");
  *out = value.AsInt();
}

void Read(const Json& value, std::string_view name, double* out, Binding* binding) {
  if (!value.is_number()) return binding->Fail(name, "a number");
  *out = value.AsDouble();
}

}  // namespace sagebrush::aws
