// SPDX-License-Identifier: Apache-2.0
// An error's body, as each protocol spells it. Pure functions.
#pragma once

#include <string>

#include "aws/error.h"
#include "aws/protocol.h"

namespace sagebrush::aws::internal {

// json and rest-json; with_type: the code stands in the body.
std::string JsonErrorDocument(const WireError& wire, const Error& error, bool with_type);
std::string CborErrorDocument(const WireError& wire, const Error& error);
// `service` may be null.
std::string QueryErrorDocument(const Service* service, const WireError& wire, const Error& error,
                               const ReplyTo& reply_to);
std::string S3ErrorDocument(const WireError& wire, const Error& error, const ReplyTo& reply_to);

}  // namespace sagebrush::aws::internal
