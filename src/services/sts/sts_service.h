// SPDX-License-Identifier: Apache-2.0
// The Security Token Service as the request chain sees it. Borrows what it is given. Any thread.
#pragma once

#include <memory>

#include "iam/identity.h"
#include "iam/roles.h"
#include "services/service.h"

namespace sagebrush::services {

std::unique_ptr<Service> MakeStsService(const iam::IdentityFiles& identity, iam::Roles& roles,
                                        const Clock& clock);

}  // namespace sagebrush::services
