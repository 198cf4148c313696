// SPDX-License-Identifier: Apache-2.0
// An instance without a file system and a network of its own (--isolation=none): its work order, written in the container
// contract's paths, said in the machine's; how its agent is started; and what its log says first. Pure functions.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "orchestrator/backend.h"

namespace sagebrush::orchestrator {

struct BareLayout {
  std::filesystem::path ml;       // instead of /opt/ml
  std::filesystem::path sockets;  // instead of /run/sagebrush
  std::filesystem::path tmp;      // TMPDIR and HOME
  std::filesystem::path agent;
  std::filesystem::path ca_bundle;  // "" for none
  int api_port = 0;                 // on the machine's loopback
  int serving_port = 0;             // instead of 8080
  std::vector<Mount> mounts;        // what a sandbox would bind: used where it stands
};

// `order` with every path of the contract replaced, wherever it stands alone in a text, and the api port.
Json RelocatedOrder(const Json& order, const BareLayout& layout);
std::vector<std::string> BareAgentCommand(const std::string& instance, const BareLayout& layout);
std::vector<std::string> BareAgentEnvironment(const std::string& instance);

struct BareFacts {
  std::string user;              // as whom it runs
  bool own_user = false;         // a uid that no other instance has
  bool has_opt_ml = false;       // /opt/ml leads to its own folder
  bool wants_isolation = false;  // EnableNetworkIsolation
};
// Put before the order's own first log lines: nobody shall miss it.
std::vector<std::string> NotIsolatedLines(const BareLayout& layout, const BareFacts& facts);

}  // namespace sagebrush::orchestrator
