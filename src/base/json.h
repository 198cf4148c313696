// SPDX-License-Identifier: Apache-2.0
// Json: the one document type of the control plane. Members keep the order in which they were written, because replies are
// compared by people. Not for the data plane: inference bodies are parsed by simdjson straight into tensors (serving/).
// A plain value; not synchronised.
//
//   Json job = Json::Object();
//   job["TrainingJobName"] = "a";
//   job.Find("Nope")                 // nullptr
//   job.GetString("TrainingJobName") // "a"
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace sagebrush {

class Json {
 public:
  enum class Type { kNull, kBool, kInt, kDouble, kString, kArray, kObject };
  using ArrayType = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using ObjectType = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}              // NOLINT: implicit on purpose, all of these
  Json(bool value) : value_(value) {}  // NOLINT
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}                 // NOLINT
  Json(unsigned value) : value_(static_cast<std::int64_t>(value)) {}            // NOLINT
  Json(long value) : value_(static_cast<std::int64_t>(value)) {}                // NOLINT
  Json(unsigned long value) : value_(static_cast<std::int64_t>(value)) {}       // NOLINT
  Json(long long value) : value_(static_cast<std::int64_t>(value)) {}           // NOLINT
  Json(unsigned long long value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT
  Json(double value) : value_(value) {}                                         // NOLINT
  Json(const char* value) : value_(std::string(value)) {}                       // NOLINT
  Json(std::string_view value) : value_(std::string(value)) {}                  // NOLINT
  Json(std::string value) : value_(std::move(value)) {}                         // NOLINT
  Json(ArrayType value) : value_(std::move(value)) {}                           // NOLINT

  static Json Array(std::initializer_list<Json> items = {}) { return Json(ArrayType(items)); }
  static Json Object(std::initializer_list<Member> members = {});

  // Parses a whole text as one JSON value; trailing bytes are an error. At most 256 levels deep. UTF-8 is checked.
  static Result<Json> Parse(std::string_view text);

  // Compact text. Doubles are written so that they read back to the same bits.
  std::string Dump() const;
  // Two-space indented text, for files that people read.
  std::string DumpPretty() const;

  Type type() const { return static_cast<Type>(value_.index()); }
  bool is_null() const { return type() == Type::kNull; }
  bool is_bool() const { return type() == Type::kBool; }
  bool is_int() const { return type() == Type::kInt; }
  bool is_number() const { return type() == Type::kInt || type() == Type::kDouble; }
  bool is_string() const { return type() == Type::kString; }
  bool is_array() const { return type() == Type::kArray; }
  bool is_object() const { return type() == Type::kObject; }

  // The value as what it is. CHECKs the type: look before.
  bool AsBool() const;
  std::int64_t AsInt() const;  // of a double: truncated
  double AsDouble() const;     // of an int: converted
  const std::string& AsString() const;
  const ArrayType& AsArray() const;
  ArrayType& AsArray();
  const ObjectType& AsObject() const;
  ObjectType& AsObject();

  // Objects. Find gives nullptr when this is no object or has no such member.
  const Json* Find(std::string_view name) const;
  Json* Find(std::string_view name);
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // The member, added as null at the end if it was not there. A null becomes an object first.
  Json& operator[](std::string_view name);
  bool Remove(std::string_view name);

  // The member if it is there and of that type, else the fallback.
  std::string GetString(std::string_view name, std::string_view fallback = "") const;
  std::int64_t GetInt(std::string_view name, std::int64_t fallback = 0) const;
  double GetDouble(std::string_view name, double fallback = 0) const;
  bool GetBool(std::string_view name, bool fallback = false) const;

  // Arrays. A null becomes an array first.
  void Append(Json value);
  std::size_t size() const;

  bool operator==(const Json&) const = default;

 private:
  explicit Json(ObjectType value) : value_(std::move(value)) {}

  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, ArrayType, ObjectType>
      value_ = nullptr;
};

// Appends `text` as a JSON string with its quotes.
void AppendJsonString(std::string_view text, std::string* out);
// Appends the shortest text that reads back to the same double ("1.5", "1e+30"; whole numbers as "3.0").
void AppendJsonDouble(double value, std::string* out);

}  // namespace sagebrush
