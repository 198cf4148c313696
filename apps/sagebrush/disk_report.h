// SPDX-License-Identifier: Apache-2.0
// The words of `sagebrush disk`. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "orchestrator/cleanup.h"

namespace sagebrush::apps {

std::string Readable(std::uint64_t bytes);  // "    1.50 GB", always as wide

// Why a folder of the cache stays or may go: "needed", "last used 3 days ago".
std::string StandingOf(const orchestrator::CachedFolder& folder,
                       const orchestrator::StorageSnapshot& snapshot);

}  // namespace sagebrush::apps
