// SPDX-License-Identifier: Apache-2.0
// The models' request URIs: "/{Bucket}/{Key+}?uploads". Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sagebrush::aws {

struct UriMatch {
  std::vector<std::pair<std::string_view, std::string>> labels;  // name and decoded value
};

// Lays a still encoded path over the template's path. A greedy label takes the rest, its slashes
// too; no label is empty; a slash at the end means nothing. Nothing: no match, or a broken escape.
std::optional<UriMatch> MatchUri(std::string_view uri_template, std::string_view raw_path);

// Only whether it matches: the number of literal segments, or nothing. Decodes nothing, so it is
// cheap enough to ask every operation of a service.
std::optional<int> FitUri(std::string_view uri_template, std::string_view raw_path);

// The constants of the template's query: {"list-type", "2"}, {"uploads", ""}.
std::vector<std::pair<std::string_view, std::string_view>> UriConstants(
    std::string_view uri_template);

}  // namespace sagebrush::aws
