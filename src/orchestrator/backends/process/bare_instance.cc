// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/bare_instance.h"

#include <algorithm>
#include <utility>

#include "orchestrator/backends/process/strays.h"

namespace sagebrush::orchestrator {

namespace {

using Replacements = std::vector<std::pair<std::string, std::string>>;

// A path stands alone where the text around it is none of a longer path or of a URI.
bool EndsBefore(std::string_view text, std::size_t at) {
  return at == 0 || std::string_view("\"'=:, \t[({;").find(text[at - 1]) != std::string_view::npos;
}
bool EndsAfter(std::string_view text, std::size_t at) {
  return at == text.size() ||
         std::string_view("/\"':, \t])};").find(text[at]) != std::string_view::npos;
}

std::string RelocatedText(std::string_view text, const Replacements& replacements) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = std::ranges::find_if(replacements, [&](const auto& replacement) {
      return text.substr(at).starts_with(replacement.first) && EndsBefore(text, at) &&
             EndsAfter(text, at + replacement.first.size());
    });
    if (found == replacements.end()) {
      out += text[at++];
    } else {
      out += found->second;
      at += found->first.size();
    }
  }
  return out;
}

Json Relocated(const Json& json, const Replacements& replacements) {
  if (json.is_string()) return RelocatedText(json.AsString(), replacements);
  if (json.is_array()) {
    Json array = Json::Array();
    for (const auto& element : json.AsArray()) array.Append(Relocated(element, replacements));
    return array;
  }
  if (!json.is_object()) return json;
  Json object = Json::Object();
  for (const auto& [name, value] : json.AsObject()) object[name] = Relocated(value, replacements);
  return object;
}

Replacements ReplacementsOf(const BareLayout& layout) {
  Replacements replacements = {{"/opt/ml", layout.ml.string()},
                               {"/run/sagebrush", layout.sockets.string()}};
  if (!layout.ca_bundle.empty())
    replacements.emplace_back("/opt/sagebrush/ca-bundle.pem", layout.ca_bundle.string());
  for (const auto& mount : layout.mounts)
    replacements.emplace_back(mount.target, mount.source.string());
  // The longest first: one mount may lie below another's target.
  std::ranges::stable_sort(
      replacements, [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return replacements;
}

}  // namespace

Json RelocatedOrder(const Json& order, const BareLayout& layout) {
  Json relocated = Relocated(order, ReplacementsOf(layout));
  relocated["api_port"] = layout.api_port;
  return relocated;
}

std::vector<std::string> BareAgentCommand(const std::string& instance, const BareLayout& layout) {
  const auto relocated = [replacements = ReplacementsOf(layout)](std::string_view path) {
    return RelocatedText(path, replacements);
  };
  return {layout.agent.string(),
          "run",
          "--instance",
          instance,
          "--ml",
          layout.ml.string(),
          "--control",
          (layout.sockets / "control.sock").string(),
          "--api",
          (layout.sockets / "api.sock").string(),
          "--tmp",
          layout.tmp.string(),
          "--ca-bundle",
          layout.ca_bundle.string(),
          "--runtime-programs",
          relocated("/opt/sagebrush/runtime/bin"),
          "--kit-programs",
          relocated("/opt/sagebrush/kit/bin"),
          "--serving-port",
          std::to_string(layout.serving_port)};
}

std::vector<std::string> BareAgentEnvironment(const std::string& instance) {
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
          std::string(kInstanceMark) + "=" + instance};
}

std::vector<std::string> NotIsolatedLines(const BareLayout& layout, const BareFacts& facts) {
  std::vector<std::string> lines = {
      "Sagebrush: NOT ISOLATED (--isolation=none): this runs directly on the machine, as " +
          facts.user + (facts.own_user ? ", a user of its own" : ", like every other instance") +
          ". It can reach the machine's network, and see and change whatever that user can.",
      "Sagebrush: its own folder is " + layout.ml.string() +
          (facts.has_opt_ml
               ? ", and /opt/ml leads there too."
               : "; SM_* variables point there. There is no /opt/ml: a script that names it "
                 "itself does not find its data.")};
  if (facts.wants_isolation)
    lines.emplace_back(
        "Sagebrush: EnableNetworkIsolation was asked for and cannot be kept without isolation: "
        "this has the machine's network.");
  return lines;
}

}  // namespace sagebrush::orchestrator
