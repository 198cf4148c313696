// SPDX-License-Identifier: Apache-2.0
// The checksum that some of S3's requests must carry, as their model says (httpChecksum): without one, a body that was cut or
// changed on its way could delete the wrong objects. Which one it is the client chooses. Pure function.
#pragma once

#include <optional>

#include "aws/error.h"
#include "aws/schema.h"
#include "http/message.h"

namespace sagebrush::aws {

// S3's InvalidRequest where the operation demands a checksum and the request has neither Content-MD5 nor an
// x-amz-checksum-* header or trailer.
std::optional<Error> MissingChecksum(const Operation& operation, const http::Headers& headers);

}  // namespace sagebrush::aws
