// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/actions.h"

namespace sagebrush::services::cloudwatch {

AccessRule AllowPutMetricData() {
  return [](const RequestContext&, const Json& input) {
    return std::vector<iam::Access>{
        {.action = "cloudwatch:PutMetricData",
         .resource = "*",
         .context = {{"cloudwatch:namespace", input.GetString("Namespace")}}}};
  };
}

AccessRule AllowOnAll(std::string action) {
  return Allow(std::move(action),
               [](const RequestContext&, const Json&) { return std::string("*"); });
}

}  // namespace sagebrush::services::cloudwatch
