// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/query_codec.h"

#include <map>
#include <set>
#include <string>

#include "aws/internal/scalar.h"
#include "base/strings.h"

namespace sagebrush::aws::internal {

namespace {

// Far above any model's own limits; a form is bounded by the server's body limit anyway.
constexpr std::uint64_t kMaxIndex = 100'000;

// Keys in order, so that everything under a prefix stands together.
using Form = std::map<std::string, std::string, std::less<>>;

bool HasUnder(const Form& form, const std::string& prefix) {
  const auto it = form.lower_bound(prefix + ".");
  return it != form.end() && it->first.starts_with(prefix + ".");
}

// The numbers N of all keys "prefix.N" and "prefix.N.…".
std::set<std::uint64_t> IndexesUnder(const Form& form, const std::string& prefix) {
  std::set<std::uint64_t> indexes;
  const std::string dotted = prefix + ".";
  for (auto it = form.lower_bound(dotted); it != form.end() && it->first.starts_with(dotted);
       ++it) {
    const std::string_view rest = std::string_view(it->first).substr(dotted.size());
    const auto index = ParseUint(rest.substr(0, rest.find('.')));
    if (index && *index <= kMaxIndex) indexes.insert(*index);
  }
  return indexes;
}

Result<Json> DecodeAt(const Form& form, const Member& member, const std::string& key);

Result<Json> DecodeStructure(const Form& form, const Shape& shape, const std::string& prefix) {
  Json out = Json::Object();
  for (const Member& member : shape.members) {
    std::string key = (prefix.empty() ? "" : prefix + ".") + std::string(member.wire_name);
    // A flattened list whose elements have a name of their own stands under that name.
    if (member.shape->type == Type::kList && member.Is(Member::kFlattened) &&
        member.shape->element().Is(Member::kHasWireName))
      key = (prefix.empty() ? "" : prefix + ".") + std::string(member.shape->element().wire_name);
    if (!form.contains(key) && !HasUnder(form, key)) continue;
    ASSIGN_OR_RETURN(out[member.name], DecodeAt(form, member, key));
  }
  return out;
}

Result<Json> DecodeAt(const Form& form, const Member& member, const std::string& key) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      return DecodeStructure(form, shape, key);
    case Type::kList: {
      // An empty list is sent as the bare key with no value.
      Json out = Json::Array();
      const std::string list =
          member.Is(Member::kFlattened) ? key : key + "." + std::string(shape.element().wire_name);
      for (const std::uint64_t index : IndexesUnder(form, list)) {
        ASSIGN_OR_RETURN(Json item,
                         DecodeAt(form, shape.element(), list + "." + std::to_string(index)));
        out.Append(std::move(item));
      }
      return out;
    }
    case Type::kMap: {
      Json out = Json::Object();
      const std::string entries = member.Is(Member::kFlattened) ? key : key + ".entry";
      for (const std::uint64_t index : IndexesUnder(form, entries)) {
        const std::string entry = entries + "." + std::to_string(index) + ".";
        const auto name = form.find(entry + std::string(shape.map_key().wire_name));
        if (name == form.end()) continue;
        if (!IsValidUtf8(name->second)) return InvalidArgument("a key is not UTF-8");
        ASSIGN_OR_RETURN(
            out[name->second],
            DecodeAt(form, shape.map_value(), entry + std::string(shape.map_value().wire_name)));
      }
      return out;
    }
    default: {
      const auto it = form.find(key);
      if (it == form.end()) return Json();
      auto value = ScalarFromText(shape, it->second);
      if (!value.ok()) return value.status().WithContext(key);
      return value;
    }
  }
}

}  // namespace

Result<Json> DecodeForm(const Shape& shape, std::string_view form) {
  ASSIGN_OR_RETURN(auto pairs, ParseQuery(form, true));
  Form sorted;
  for (auto& [key, value] : pairs) sorted.try_emplace(std::move(key), std::move(value));
  return DecodeStructure(sorted, shape, "");
}

}  // namespace sagebrush::aws::internal
