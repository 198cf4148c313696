// SPDX-License-Identifier: Apache-2.0
#include "aws/schema.h"

#include <algorithm>

namespace sagebrush::aws {

const Member* Shape::Find(std::string_view member_name) const {
  const auto it = std::find_if(members.begin(), members.end(),
                               [&](const Member& m) { return m.name == member_name; });
  return it == members.end() ? nullptr : &*it;
}

bool Service::Speaks(Protocol protocol) const {
  return std::find(protocols.begin(), protocols.end(), protocol) != protocols.end();
}

const Operation* Service::FindOperation(std::string_view operation_name) const {
  const auto it =
      std::lower_bound(operations.begin(), operations.end(), operation_name,
                       [](const Operation& o, std::string_view n) { return o.name < n; });
  return it == operations.end() || it->name != operation_name ? nullptr : &*it;
}

const Service* FindService(std::string_view name) {
  for (const Service* service : AllServices())
    if (service->name == name) return service;
  return nullptr;
}

}  // namespace sagebrush::aws
