// SPDX-License-Identifier: Apache-2.0
// Which uids of the machine a root server may give its instances. Pure but for the reading of /proc/self/uid_map.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sagebrush::orchestrator {

struct UidRange {
  unsigned first = 0;
  unsigned count = 0;
  bool operator==(const UidRange&) const = default;
};

// From the lines of a uid_map. On a machine: above what distributions hand out to people, services and containers (Debian
// policy 9.2; subordinate ids start at 100000 and grow by 65536 a person). In a container whose root is somebody else outside,
// with some thousand ids mapped: the last of those. Where root is the only one: nothing; that root is no machine's root.
std::optional<UidRange> ChooseUids(std::string_view uid_map);

// Of this process; nothing if it is not root.
std::optional<UidRange> UidsForInstances();

// What stands for the uid among the names of the machine (machine_name.h).
std::string UidName(unsigned uid);

}  // namespace sagebrush::orchestrator
