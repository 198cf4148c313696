// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_metrics/metric_definitions.h"

#include <algorithm>
#include <cmath>

#include <re2/re2.h>
#include <re2/set.h>

#include "base/strings.h"
#include "metricstore/limits.h"

namespace sagebrush::services::sagemaker_metrics {

namespace {

constexpr std::int64_t kMaxMemory = 4 << 20;  // of one expression's automaton
// RE2 is linear for one match, but each looks at the rest of the line again.
constexpr std::size_t kMaxLine = 16 << 10;
constexpr int kMaxMatches = 100;  // of one definition in one line

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  return options;
}

std::optional<double> ToValue(re2::StringPiece text) {
  std::string_view trimmed = Trim({text.data(), text.size()});
  if (trimmed.starts_with('+')) trimmed.remove_prefix(1);
  const auto value = ParseDouble(trimmed);
  if (!value || !(std::abs(*value) <= metricstore::kLargestValue)) return std::nullopt;
  return value;
}

class Re2Finder final : public MetricFinder {
 public:
  Re2Finder() : set_(Options(), RE2::UNANCHORED) {}

  Status Add(const MetricDefinition& definition) {
    if (const auto problem = RegexProblem(definition)) return InvalidArgument(*problem);
    definitions_.push_back({definition.name, std::make_unique<RE2>(definition.regex, Options())});
    if (set_.Add(definition.regex, nullptr) < 0)
      return InvalidArgument("the regular expression of '" + definition.name + "' is too large");
    return Status::Ok();
  }

  void Finish() { has_set_ = set_.Compile(); }

  std::vector<FoundValue> Find(std::string_view line) const override {
    const re2::StringPiece text(line.data(), std::min(line.size(), kMaxLine));
    const bool is_cut = text.size() < line.size();
    std::vector<FoundValue> found;
    std::vector<int> matching;
    RE2::Set::ErrorInfo error{};
    if (has_set_ && set_.Match(text, &matching, &error)) {
      for (const int index : matching)
        FindAll(definitions_[static_cast<std::size_t>(index)], text, is_cut, &found);
    } else if (!has_set_ || error.kind != RE2::Set::kNoError) {
      for (const Definition& definition : definitions_) FindAll(definition, text, is_cut, &found);
    }
    return found;
  }

 private:
  struct Definition {
    std::string name;
    std::unique_ptr<RE2> regex;
  };

  static void FindAll(const Definition& definition, re2::StringPiece text, bool is_cut,
                      std::vector<FoundValue>* found) {
    const int groups = definition.regex->NumberOfCapturingGroups() > 0 ? 2 : 1;
    re2::StringPiece group[2];
    std::size_t at = 0;
    for (int matches = 0;
         matches < kMaxMatches && at <= text.size() &&
         definition.regex->Match(text, at, text.size(), RE2::UNANCHORED, group, groups);
         ++matches) {
      const std::size_t end =
          static_cast<std::size_t>(group[0].data() - text.data()) + group[0].size();
      if (is_cut && end == text.size()) return;  // the number may go on behind the cut
      if (const auto value = ToValue(group[groups - 1]))
        found->push_back({&definition.name, *value});
      at = end + (group[0].empty() ? 1 : 0);
    }
  }

  std::vector<Definition> definitions_;
  RE2::Set set_;
  bool has_set_ = false;
};

}  // namespace

std::vector<MetricDefinition> ReadDefinitions(const Json* algorithm_specification) {
  std::vector<MetricDefinition> definitions;
  const Json* list =
      algorithm_specification ? algorithm_specification->Find("MetricDefinitions") : nullptr;
  if (list == nullptr || !list->is_array()) return definitions;
  for (const Json& item : list->AsArray())
    definitions.push_back({item.GetString("Name"), item.GetString("Regex")});
  return definitions;
}

std::optional<std::string> RegexProblem(const MetricDefinition& definition) {
  const RE2 regex(definition.regex, Options());
  if (regex.ok()) return std::nullopt;
  return "The Regex '" + definition.regex + "' of MetricDefinition '" + definition.name +
         "' cannot be used: " + regex.error() +
         ". Expressions are RE2's: Python's, without look-around, backreferences and \\Z.";
}

Result<std::unique_ptr<const MetricFinder>> MetricFinder::Create(
    const std::vector<MetricDefinition>& definitions) {
  auto finder = std::make_unique<Re2Finder>();
  for (const MetricDefinition& definition : definitions) RETURN_IF_ERROR(finder->Add(definition));
  finder->Finish();
  return std::unique_ptr<const MetricFinder>(std::move(finder));
}

}  // namespace sagebrush::services::sagemaker_metrics
