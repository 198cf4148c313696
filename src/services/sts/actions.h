// SPDX-License-Identifier: Apache-2.0
// What each operation of STS needs to be allowed. Pure functions; any thread.
#pragma once

#include "services/service.h"

namespace sagebrush::services::sts {

bool IsArn(std::string_view text);  // with a partition, a service and a resource

AccessRule Anybody();          // who am I: needs no permission, as on AWS
AccessRule AllowAssumeRole();  // on the role; its trust policy is the handler's business

}  // namespace sagebrush::services::sts
