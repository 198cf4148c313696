// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/report.h"

#include <cstdio>

namespace sagebrush::apps {

int Report(const Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "sagebrush: %s\n", status.message().c_str());
  return 1;
}

}  // namespace sagebrush::apps
