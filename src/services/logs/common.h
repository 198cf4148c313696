// SPDX-License-Identifier: Apache-2.0
// What the three resources share: errors in AWS's words, and the two ways of naming a group.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>

#include "aws/error.h"
#include "base/status.h"
#include "services/context.h"

namespace sagebrush::services::logs {

aws::Error InvalidParameter(std::string message);
// A failure of the store. The texts are those boto3 shows when it talks to AWS.
aws::Error FromStore(const Status& status);

// Groups are named by logGroupName, or by logGroupIdentifier (a name or an ARN): exactly one of
// them.
aws::Outcome<std::string> GroupName(const RequestContext& context,
                                    const std::optional<std::string>& name,
                                    const std::optional<std::string>& identifier);
// The name in a logGroupIdentifier; empty if it is an ARN of another account or region, or of
// something else.
std::string NameInIdentifier(const RequestContext& context, const std::string& identifier);

std::string GroupArn(const RequestContext& context,
                     const std::string& group);  // without AWS's trailing ":*"
std::string StreamArn(const RequestContext& context, const std::string& group,
                      const std::string& stream);

// Tokens for the writers of old; AWS gives them still and ignores what comes back.
std::string SequenceToken(std::int64_t millis);

}  // namespace sagebrush::services::logs
