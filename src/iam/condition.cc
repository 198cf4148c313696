// SPDX-License-Identifier: Apache-2.0
#include "iam/condition.h"

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/network.h"
#include "base/strings.h"
#include "iam/policy_resource.h"
#include "iam/wildcard.h"

namespace sagebrush::iam {

namespace {

// ARNs match part by part: a '*' does not reach over the first five colons.
bool ArnMatches(std::string_view pattern, std::string_view arn) {
  for (int part = 0; part < 5; ++part) {
    const std::size_t p = pattern.find(':');
    const std::size_t a = arn.find(':');
    if (p == std::string_view::npos || a == std::string_view::npos) return false;
    if (!MatchExpanded(pattern.substr(0, p), arn.substr(0, a))) return false;
    pattern.remove_prefix(p + 1);
    arn.remove_prefix(a + 1);
  }
  return MatchExpanded(pattern, arn);
}

bool InNetwork(std::string_view network, std::string_view text) {
  const auto parsed = Network::Parse(network);
  const auto address = IpAddress::Parse(text);
  return parsed.ok() && address && parsed->Contains(*address);
}

std::optional<double> ReadDate(std::string_view text) {
  if (const auto seconds = ReadLegacyDate(text)) return seconds;
  // Policies of before dates were looked at.
  if (const auto seconds = ParseDouble(text)) return *seconds;
  const auto time = ParseTime(text);
  if (!time.ok()) return std::nullopt;
  return ToEpochSeconds(*time);
}

// How two numbers must stand to one another; `name` without its type: "Equals", "LessThan", …
using Compare = bool (*)(double, double);
struct Ordering {
  std::string_view name;
  Compare compare;
};
constexpr Ordering kOrderings[] = {
    {"Equals", [](double a, double b) { return a == b; }},
    {"LessThan", [](double a, double b) { return a < b; }},
    {"LessThanEquals", [](double a, double b) { return a <= b; }},
    {"GreaterThan", [](double a, double b) { return a > b; }},
    {"GreaterThanEquals", [](double a, double b) { return a >= b; }},
};

Compare FindOrdering(std::string_view name) {
  const auto* it =
      std::ranges::find_if(kOrderings, [&](const Ordering& o) { return o.name == name; });
  return it == std::end(kOrderings) ? nullptr : it->compare;
}

enum class Kind {
  kStringEquals,
  kStringEqualsIgnoreCase,
  kStringLike,
  kArn,
  kBool,
  kNumeric,
  kDate,
  kIpAddress,
  kNull
};

struct Operator {
  Kind kind = Kind::kStringEquals;
  bool is_negated = false;
  bool if_exists = false;
  bool for_all = false;
  bool for_any = false;
  Compare compare = nullptr;
};

std::optional<Operator> ParseOperator(std::string_view name) {
  Operator op;
  if (name.starts_with("ForAllValues:")) {
    op.for_all = true;
    name.remove_prefix(13);
  } else if (name.starts_with("ForAnyValue:")) {
    op.for_any = true;
    name.remove_prefix(12);
  }
  if (name == "Null") {
    op.kind = Kind::kNull;
    return op;
  }
  if (name.ends_with("IfExists")) {
    op.if_exists = true;
    name.remove_suffix(8);
  }
  struct Named {
    std::string_view name;
    Kind kind;
    bool is_negated;
  };
  constexpr Named kNamed[] = {
      {"StringEquals", Kind::kStringEquals, false},
      {"StringNotEquals", Kind::kStringEquals, true},
      {"StringEqualsIgnoreCase", Kind::kStringEqualsIgnoreCase, false},
      {"StringNotEqualsIgnoreCase", Kind::kStringEqualsIgnoreCase, true},
      {"StringLike", Kind::kStringLike, false},
      {"StringNotLike", Kind::kStringLike, true},
      {"ArnEquals", Kind::kArn, false},
      {"ArnNotEquals", Kind::kArn, true},
      {"ArnLike", Kind::kArn, false},
      {"ArnNotLike", Kind::kArn, true},
      {"Bool", Kind::kBool, false},
      {"BinaryEquals", Kind::kStringEquals, false},
      {"IpAddress", Kind::kIpAddress, false},
      {"NotIpAddress", Kind::kIpAddress, true},
      {"NumericNotEquals", Kind::kNumeric, true},
      {"DateNotEquals", Kind::kDate, true},
  };
  for (const Named& named : kNamed) {
    if (named.name != name) continue;
    op.kind = named.kind;
    op.is_negated = named.is_negated;
    op.compare = kOrderings[0].compare;
    return op;
  }
  for (const auto& [prefix, kind] :
       {std::pair<std::string_view, Kind>("Numeric", Kind::kNumeric), {"Date", Kind::kDate}}) {
    if (!name.starts_with(prefix)) continue;
    op.kind = kind;
    op.compare = FindOrdering(name.substr(prefix.size()));
    if (op.compare != nullptr) return op;
  }
  return std::nullopt;
}

bool ValueMatches(const Operator& op, std::string_view wanted, std::string_view actual,
                  const Context& context) {
  const bool has_wildcards = op.kind == Kind::kStringLike || op.kind == Kind::kArn;
  const auto expanded = ExpandPattern(wanted, context, has_wildcards);
  if (!expanded) return false;
  switch (op.kind) {
    case Kind::kStringEquals:
      return *expanded == actual;
    case Kind::kBool:
    case Kind::kStringEqualsIgnoreCase:
      return EqualsIgnoreCase(*expanded, actual);
    case Kind::kStringLike:
      return MatchExpanded(*expanded, actual);
    case Kind::kArn:
      return ArnMatches(*expanded, actual);
    case Kind::kIpAddress:
      return InNetwork(*expanded, actual);
    case Kind::kNumeric: {
      const auto a = ParseDouble(actual), b = ParseDouble(*expanded);
      return a && b && op.compare(*a, *b);
    }
    case Kind::kDate: {
      const auto a = ReadDate(actual), b = ReadDate(*expanded);
      return a && b && op.compare(*a, *b);
    }
    case Kind::kNull:
      break;
  }
  return false;
}

// Policies write booleans and numbers with quotes or without.
std::vector<std::string> Values(const Json& value) {
  if (value.is_array()) {
    std::vector<std::string> out;
    for (const Json& item : value.AsArray())
      out.push_back(item.is_string() ? item.AsString() : item.Dump());
    return out;
  }
  return {value.is_string() ? value.AsString() : value.Dump()};
}

// What the request says of a key: nothing, one value, or several.
std::vector<std::string> Actual(const std::string& key, const Context& context,
                                const Lists& lists) {
  for (const auto& [name, values] : lists)
    if (EqualsIgnoreCase(name, key)) return values;
  if (auto value = FindKey(context, key)) return {*std::move(value)};
  return {};
}

bool KeyHolds(const Operator& op, const std::string& key, const Json& wanted,
              const Context& context, const Lists& lists) {
  const auto actual = Actual(key, context, lists);
  const auto values = Values(wanted);
  if (op.kind == Kind::kNull)
    return std::ranges::any_of(values, [&](const std::string& v) {
      return EqualsIgnoreCase(v, actual.empty() ? "true" : "false");
    });
  if (actual.empty()) return op.if_exists || op.for_all || (op.is_negated && !op.for_any);
  const auto holds = [&](const std::string& one) {
    return std::ranges::any_of(values, [&](const std::string& v) {
             return ValueMatches(op, v, one, context);
           }) != op.is_negated;
  };
  return op.for_all ? std::ranges::all_of(actual, holds) : std::ranges::any_of(actual, holds);
}

}  // namespace

bool IsKnownOperator(std::string_view name) { return ParseOperator(name).has_value(); }

bool ConditionsHold(const Json& conditions, const Context& context, const Lists& lists) {
  if (!conditions.is_object()) return false;
  for (const auto& [name, keys] : conditions.AsObject()) {
    if (!keys.is_object()) return false;
    if (keys.size() == 0) continue;  // asks for nothing, whatever it is called
    const auto op = ParseOperator(name);
    if (!op) return false;
    for (const auto& [key, wanted] : keys.AsObject())
      if (!KeyHolds(*op, key, wanted, context, lists)) return false;
  }
  return true;
}

}  // namespace sagebrush::iam
