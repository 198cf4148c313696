// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/finding.h"

#include "base/strings.h"

namespace sagebrush::apps {

using Level = Finding::Level;

namespace {

const char* NameOf(Level level) {
  return level == Level::kOk ? "ok" : level == Level::kWarning ? "warning" : "problem";
}

std::string Padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string Indented(std::string_view text, const char* indent) {
  std::string out;
  for (const auto line : Split(text, '\n'))
    out += out.empty() ? std::string(line) : "\n" + std::string(indent) + std::string(line);
  return out;
}

}  // namespace

bool HasProblem(const std::vector<Finding>& findings) {
  for (const auto& finding : findings)
    if (finding.level == Level::kProblem) return true;
  return false;
}

std::string ToText(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += Padded(NameOf(finding.level), 9) + Padded(finding.name, 14) + finding.what + "\n";
    for (const auto& remedy : finding.remedies)
      text += "           what to do: " + Indented(Trim(remedy), "               ") + "\n";
  }
  text += HasProblem(findings) ? "\nA server cannot work here as it is: see the problems above.\n"
                               : "\nA server can work here.\n";
  return text;
}

Json ToJson(const std::vector<Finding>& findings) {
  Json list = Json::Array();
  for (const auto& finding : findings) {
    Json remedies = Json::Array();
    for (const auto& remedy : finding.remedies) remedies.Append(remedy);
    list.Append(Json::Object({{"name", finding.name},
                              {"level", NameOf(finding.level)},
                              {"what", finding.what},
                              {"remedies", std::move(remedies)}}));
  }
  return Json::Object({{"ok", !HasProblem(findings)}, {"findings", std::move(list)}});
}

}  // namespace sagebrush::apps
