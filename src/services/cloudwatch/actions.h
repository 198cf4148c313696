// SPDX-License-Identifier: Apache-2.0
// What each operation of CloudWatch needs to be allowed. Service Authorization Reference, "Amazon CloudWatch": metrics have no
// ARNs, so the resource is "*"; PutMetricData alone has a condition key, cloudwatch:namespace. Pure functions; any thread.
#pragma once

#include "services/service.h"

namespace sagebrush::services::cloudwatch {

AccessRule AllowPutMetricData();
AccessRule AllowOnAll(std::string action);

}  // namespace sagebrush::services::cloudwatch
