// SPDX-License-Identifier: Apache-2.0
// doctor's questions about the file systems of the data folder and the cache folder: what kind they are, whether they may be
// written, how much is free.
#pragma once

#include <vector>

#include "apps/sagebrush/doctor.h"

namespace sagebrush::apps {

std::vector<Finding> ExamineDisk(const ServerOptions& options);

}  // namespace sagebrush::apps
