// SPDX-License-Identifier: Apache-2.0
// Fuzz target of what an agent reads that others wrote: work orders, manifests, S3's error answers, programs' output.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/channel_plan.h"
#include "agent/failure_text.h"
#include "agent/line_splitter.h"
#include "agent/work_order.h"
#include "base/strings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;         // NOLINT
  using namespace sagebrush::agent;  // NOLINT
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto order = ParseWorkOrder(input);
      order.ok() && order->host_index() >= order->hosts.size())
    std::abort();
  if (const auto plan = PlanManifest(input); plan.ok()) {
    for (const PlannedFile& file : *plan) {
      if (file.name.empty() || file.name.front() == '/' ||
          ("/" + file.name + "/").find("/../") != std::string::npos)
        std::abort();
    }
  }
  std::vector<std::string> lines;
  LineSplitter splitter([&](std::string line) {
    if (!IsValidUtf8(line) || line.size() > kMaxLineBytes || line.find('\n') != std::string::npos)
      std::abort();
    lines.push_back(std::move(line));
  });
  for (std::size_t at = 0; at < input.size(); at += 7) {
    splitter.Feed(input.substr(at, 7));
    if (at % 35 == 0) splitter.Stale();
  }
  splitter.Finish();
  Ending ending;
  ending.exit.code = 1;
  ending.failure_file = std::string(input.substr(0, input.size() / 2));
  ending.script_command = std::string(input.substr(input.size() / 2));
  ending.last_lines = std::move(lines);
  const std::string text = AlgorithmError(ending);
  if (!IsValidUtf8(text) || CodePoints(text) > kMaxFailureCharacters) std::abort();
  return 0;
}
