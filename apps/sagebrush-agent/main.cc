// SPDX-License-Identifier: Apache-2.0
// sagebrush-agent: the small program inside every instance. Each subcommand is a file of its own; main only dispatches.
//   sagebrush-agent run --instance ID      runs the work order that comes on its standard input
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sagebrush-agent/commands.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 1 ? 2 : 1), argv + argc);
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "run") return sagebrush::RunCommand(arguments);
  std::fprintf(stderr, "usage: sagebrush-agent run --instance ID < WORK_ORDER.json\n");
  return 2;
}
