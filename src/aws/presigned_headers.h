// SPDX-License-Identifier: Apache-2.0
// Headers that a presigned URL carries in its query: S3 takes them as if they had been sent, and they are signed with the rest.
// boto3 signs metadata so with Signature Version 2, SDKs of other languages all of x-amz-*. Pure function.
#pragma once

#include "http/message.h"

namespace sagebrush::aws {

// The request with x-amz-* and If-* of the query among its headers, where it does not have them itself. Not those that are the
// signature's own, nor checksums: SDKs that sign without a body put an empty body's there, and S3 does not look at it.
http::Request WithHeadersOfQuery(http::Request request);

}  // namespace sagebrush::aws
