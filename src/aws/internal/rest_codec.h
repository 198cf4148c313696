// SPDX-License-Identifier: Apache-2.0
// What rest-json and rest-xml share: members in the path, the query string, headers and the
// payload. The body itself is json_codec's or xml_codec's. Pure functions.
#pragma once

#include <string_view>

#include "aws/error.h"
#include "aws/schema.h"
#include "base/json.h"
#include "http/message.h"

namespace sagebrush::aws::internal {

Outcome<Json> DecodeRest(Protocol protocol, const Operation& operation,
                         const http::Request& request, std::string_view path,
                         std::string_view body);

// Status, headers and body; the protocol's own headers are the caller's to add.
http::Response EncodeRest(Protocol protocol, const Service& service, const Operation& operation,
                          const Json& result);

// A member that lives in a header, of a result or an error.
void EncodeHeader(const Member& member, const Json& value, http::Headers* headers);

}  // namespace sagebrush::aws::internal
