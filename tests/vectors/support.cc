// SPDX-License-Identifier: Apache-2.0
#include "tests/vectors/support.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strings.h"
#include "tests/vectors/suites.h"

namespace sagebrush::aws {

namespace {

// Each reason is a line that begins with "- "; the cases it explains stand below it, one a line.
std::map<std::string, std::string> ReadExceptions() {
  const std::string text = ReadFile(SAGEBRUSH_VECTOR_EXCEPTIONS).value();
  std::map<std::string, std::string> exceptions;
  std::string reason;
  for (const std::string_view line : Split(text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("- ")) {
      reason = line.substr(2);
    } else {
      EXPECT_FALSE(reason.empty()) << "an exception needs a reason: " << line;
      exceptions.emplace(line, reason);
    }
  }
  return exceptions;
}

// Seconds, of a time in ISO 8601's form.
std::optional<double> IsoTime(const Json& value) {
  if (!value.is_string() || value.AsString().size() < 20 || value.AsString()[10] != 'T')
    return std::nullopt;
  const auto time = ParseTime(value.AsString());
  return time.ok() ? std::optional(ToEpochSeconds(*time)) : std::nullopt;
}

std::string Place(const std::string& path, const Json& expected, const Json& actual) {
  return (path.empty() ? "document" : path) + ": expected " + expected.Dump() + ", got " +
         actual.Dump();
}

std::string Compare(const Json& expected, const Json& actual, const std::string& path) {
  if (expected.is_number() && actual.is_number()) {
    const double a = expected.AsDouble();
    const double b = actual.AsDouble();
    const bool is_same = (std::isnan(a) && std::isnan(b)) || a == b;
    return is_same ? "" : Place(path, expected, actual);
  }
  if (expected.is_array() && actual.is_array() && expected.size() == actual.size()) {
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (auto text = Compare(expected.AsArray()[i], actual.AsArray()[i],
                              path + "[" + std::to_string(i) + "]");
          !text.empty())
        return text;
    return "";
  }
  if (expected.is_object() && actual.is_object()) {
    for (const auto& [name, value] : expected.AsObject()) {
      const Json* other = actual.Find(name);
      if (other == nullptr) return Place(path + "." + name, value, Json());
      if (auto text = Compare(value, *other, path + "." + name); !text.empty()) return text;
    }
    for (const auto& [name, value] : actual.AsObject())
      if (!expected.Has(name)) return Place(path + "." + name, Json(), value);
    return "";
  }
  if (expected == actual) return "";
  // Times may be written with a fraction or an offset.
  const auto time = IsoTime(expected);
  return time && time == IsoTime(actual) ? "" : Place(path, expected, actual);
}

}  // namespace

std::string ReadVector(const std::string& path) {
  auto text = ReadFile(std::string(SAGEBRUSH_VECTORS) + "/" + path);
  EXPECT_TRUE(text.ok()) << text.status().message();
  return text.ok() ? *text : "";
}

std::vector<VectorCase> CasesOf(std::string_view folder) {
  std::vector<VectorCase> cases;
  std::string loaded;
  Json suites;
  for (const VectorSuite& suite : VectorSuites()) {
    if (!suite.file.starts_with(folder) && !suite.file.starts_with("legacy/" + std::string(folder)))
      continue;
    if (loaded != suite.file) {
      loaded = suite.file;
      suites = Json::Parse(ReadVector("cases/" + loaded)).value();
    }
    const Json& json = suites.AsArray()[static_cast<std::size_t>(suite.number)];
    const auto& list = json.Find("cases")->AsArray();
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string id = list[i].GetString("id", json.GetString("description"));
      cases.push_back({.name = loaded + " " + std::to_string(suite.number) + "." +
                               std::to_string(i) + " " + ReplaceAll(id, ":", ""),
                       .service = suite.service,
                       .operation = &suite.service->operations[i],
                       .json = list[i]});
    }
  }
  return cases;
}

void ExpectAll(const std::vector<std::string>& names,
               const std::function<std::string(const std::string&)>& check) {
  static const auto* const kExceptions = new std::map(ReadExceptions());
  std::set<std::string> kinds;  // "input/": of which folders the exceptions are looked at
  std::set<std::string> seen;
  int failed = 0;
  int excepted = 0;
  for (const std::string& name : names) {
    kinds.insert(name.substr(0, name.find(' ')));
    seen.insert(name);
    const std::string fault = check(name);
    const bool is_exception = kExceptions->contains(name);
    excepted += is_exception ? 1 : 0;
    if (is_exception && fault.empty()) {
      ADD_FAILURE() << name << " passes: take it out of exceptions.txt";
    } else if (!is_exception && !fault.empty()) {
      ++failed;
      ADD_FAILURE() << name << ": " << fault;
    }
  }
  for (const auto& [name, reason] : *kExceptions)
    if (kinds.contains(name.substr(0, name.find(' '))) && !seen.contains(name))
      ADD_FAILURE() << "exceptions.txt names a case that is not there: " << name;
  EXPECT_GT(names.size(), 20u);
  std::printf("%zu cases, %d of them exceptions, %d failed\n", names.size(), excepted, failed);
}

void ExpectAll(const std::vector<VectorCase>& cases,
               const std::function<std::string(const VectorCase&)>& check) {
  std::vector<std::string> names;
  std::map<std::string, const VectorCase*> by_name;
  for (const VectorCase& c : cases) {
    names.push_back(c.name);
    by_name[c.name] = &c;
  }
  ExpectAll(names, [&](const std::string& name) { return check(*by_name[name]); });
}

Json DocumentOf(const Shape& shape, const Json& value) {
  switch (shape.type) {
    case Type::kFloat:
    case Type::kDouble:
      if (!value.is_string()) return value;
      if (value.AsString() == "NaN") return std::numeric_limits<double>::quiet_NaN();
      return (value.AsString() == "-Infinity" ? -1 : 1) * std::numeric_limits<double>::infinity();
    case Type::kStructure: {
      if (!value.is_object() || shape.Is(Shape::kDocument)) return value;
      Json out = Json::Object();
      for (const auto& [name, item] : value.AsObject()) {
        const Member* member = shape.Find(name);
        if (!item.is_null())
          out[name] = member == nullptr ? item : DocumentOf(*member->shape, item);
      }
      return out;
    }
    case Type::kList: {
      if (!value.is_array()) return value;
      Json out = Json::Array();
      for (const Json& item : value.AsArray())
        if (!item.is_null()) out.Append(DocumentOf(*shape.element().shape, item));
      return out;
    }
    case Type::kMap: {
      if (!value.is_object()) return value;
      Json out = Json::Object();
      for (const auto& [name, item] : value.AsObject())
        if (!item.is_null()) out[name] = DocumentOf(*shape.map_value().shape, item);
      return out;
    }
    default:
      return value;
  }
}

std::string Difference(const Json& expected, const Json& actual) {
  return Compare(expected, actual, "");
}

std::string Base64Text(const Json& value) { return Base64Decode(value.AsString()).value(); }

}  // namespace sagebrush::aws
