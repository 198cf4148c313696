// SPDX-License-Identifier: Apache-2.0
// What every handler knows of the request it answers. A plain value that lives as long as the request.
#pragma once

#include <string>

#include "base/clock.h"
#include "iam/identity.h"

namespace sagebrush::services {

struct RequestContext {
  iam::Principal principal;  // authenticated and authorised already
  std::string account;
  std::string region;  // of the credential scope
  std::string request_id;
  TimePoint now{};
  std::string user_agent;  // as the client calls itself

  // "account/region": the scope of most records.
  std::string scope() const { return account + "/" + region; }
  std::string Arn(std::string_view service, std::string_view resource) const {
    return "arn:aws:" + std::string(service) + ":" + region + ":" + account + ":" +
           std::string(resource);
  }
};

}  // namespace sagebrush::services
