// SPDX-License-Identifier: Apache-2.0
// What each operation of CloudWatch Logs needs to be allowed. The ARNs are those AWS names when it
// refuses, for example
//   … is not authorized to perform: logs:CreateLogGroup on resource:
//   arn:aws:logs:us-east-1:1:log-group:/a/b:log-stream:
// so a policy on "log-group:NAME:*", the form AWS documents, reaches the group's operations as well
// as its streams'. Pure functions; any thread.
#pragma once

#include "services/service.h"

namespace sagebrush::services::logs {

AccessRule AllowOnGroup(std::string action);        // logGroupName or logGroupIdentifier
AccessRule AllowOnStream(std::string action);       // … and logStreamName
AccessRule AllowOnGroupPrefix(std::string action);  // logGroupNamePrefix, or all groups

}  // namespace sagebrush::services::logs
