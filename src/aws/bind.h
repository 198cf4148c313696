// SPDX-License-Identifier: Apache-2.0
// Binding: between a validated document and the generated structs that handlers read and write.
//
//   ASSIGN_OR_RETURN(const auto request, aws::Bind<api::CreateModelRequest>(document));
//   return ToJson(api::CreateModelResponse{.model_arn = arn});
//
// Reading never throws and never stops at the first fault: what does not fit is left at its default
// and the first fault is kept in the Binding, with its name. After validation only a document from
// an older model version can have one. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::aws {

// Collects the first fault of one document.
class Binding {
 public:
  void Fail(std::string_view member, std::string_view expected);
  Status status() const { return fault_.empty() ? Status::Ok() : InvalidArgument(fault_); }

 private:
  std::string fault_;
};

// Where `text` stands in `values`, or -1.
int IndexOf(std::span<const std::string_view> values, std::string_view text);

void Read(const Json& value, std::string_view name, std::string* out, Binding* binding);
void Read(const Json& value, std::string_view name, bool* out, Binding* binding);
void Read(const Json& value, std::string_view name, std::int32_t* out, Binding* binding);
void Read(const Json& value, std::string_view name, std::int64_t* out, Binding* binding);
void Read(const Json& value, std::string_view name, double* out, Binding* binding);

namespace internal {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

template <typename T>
void ReadValue(const Json& value, std::string_view name, T* out, Binding* binding) {
  if constexpr (IsVector<T>::value) {
    if (!value.is_array()) return binding->Fail(name, "a list");
    out->resize(value.size());
    for (std::size_t i = 0; i < value.size(); ++i)
      ReadValue(value.AsArray()[i], name, &(*out)[i], binding);
  } else if constexpr (IsMap<T>::value) {
    if (!value.is_object()) return binding->Fail(name, "a map");
    for (const auto& [key, item] : value.AsObject()) ReadValue(item, name, &(*out)[key], binding);
  } else if constexpr (std::is_enum_v<T>) {
    if (!value.is_string() || !Parse(value.AsString(), out))
      binding->Fail(name, "one of the enum's values");
  } else if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string>) {
    if (!value.is_object()) return binding->Fail(name, "a structure");
    FromJson(value, out, binding);
  } else {
    Read(value, name, out, binding);
  }
}

template <typename T>
Json ToValue(const T& value) {
  if constexpr (IsVector<T>::value) {
    Json array = Json::Array();
    for (const auto& item : value) array.Append(ToValue(item));
    return array;
  } else if constexpr (IsMap<T>::value) {
    Json object = Json::Object();
    for (const auto& [key, item] : value) object[key] = ToValue(item);
    return object;
  } else if constexpr (std::is_enum_v<T>) {
    return Json(ToString(value));
  } else if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string>) {
    return ToJson(value);
  } else {
    return Json(value);
  }
}

}  // namespace internal

// Reads the member of `json`. A member that is absent or null leaves an optional empty and a plain
// value at its default.
template <typename T>
void Read(const Json& json, const char* name, T* out, Binding* binding) {
  const Json* member = json.Find(name);
  if (member == nullptr || member->is_null()) {
    if constexpr (!internal::IsOptional<T>::value)
      binding->Fail(name, "there, since it is required");
    return;
  }
  if constexpr (internal::IsOptional<T>::value) {
    internal::ReadValue(*member, name, &out->emplace(), binding);
  } else {
    internal::ReadValue(*member, name, out, binding);
  }
}

// Adds the member to the object `json`; an empty optional adds nothing.
template <typename T>
void Write(const char* name, const T& value, Json* json) {
  if constexpr (internal::IsOptional<T>::value) {
    if (value) json->AsObject().emplace_back(name, internal::ToValue(*value));
  } else {
    json->AsObject().emplace_back(name, internal::ToValue(value));
  }
}

// The document as a struct; kInvalidArgument names the first member that does not fit.
template <typename T>
Result<T> Bind(const Json& json) {
  T out{};
  Binding binding;
  FromJson(json, &out, &binding);
  if (Status status = binding.status(); !status.ok()) return status;
  return out;
}

}  // namespace sagebrush::aws
