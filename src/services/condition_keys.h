// SPDX-License-Identifier: Apache-2.0
// The condition keys that every request has, whatever it asks for. Source: IAM User Guide, "AWS global condition context
// keys". (Those of the principal are the Authorizer's; those of the resource and of the request's tags are each service's.)
// A pure function.
#pragma once

#include <map>
#include <string>

#include "http/message.h"
#include "services/context.h"

namespace sagebrush::services {

// aws:SourceIp is missing for instances, as it is on AWS for what comes through a VPC endpoint.
std::map<std::string, std::string> GlobalConditionKeys(const RequestContext& context,
                                                       const http::Peer& peer);

}  // namespace sagebrush::services
