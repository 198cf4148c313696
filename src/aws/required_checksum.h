// SPDX-License-Identifier: Apache-2.0
// The checksum that some of S3's requests must carry, as their model says (httpChecksum): without one, a body that was cut or
// changed on its way could delete the wrong objects. Which one it is the client chooses. The bodies of these requests are
// read as a whole, so a checksum is in a header, never in a trailer. Pure function.
#pragma once

#include <optional>
#include <string_view>

#include "aws/error.h"
#include "aws/schema.h"
#include "http/message.h"

namespace sagebrush::aws {

// S3's InvalidRequest where the operation demands a checksum and the request has neither Content-MD5 nor an x-amz-checksum-*
// header that we can compute, NotImplemented for one of S3's that we cannot; InvalidDigest, InvalidRequest or BadDigest where
// one does not fit the body.
std::optional<Error> CheckRequiredChecksum(const Operation& operation, const http::Headers& headers,
                                           std::string_view body);

}  // namespace sagebrush::aws
