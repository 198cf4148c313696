// SPDX-License-Identifier: Apache-2.0
#include "services/service.h"

#include <utility>

namespace sagebrush::services {

AccessRule Allow(std::string action,
                 std::function<std::string(const RequestContext&, const Json&)> resource) {
  return [action = std::move(action), resource = std::move(resource)](const RequestContext& context,
                                                                      const Json& input) {
    return std::vector<iam::Access>{
        {.action = action, .resource = resource(context, input), .context = {}}};
  };
}

}  // namespace sagebrush::services
