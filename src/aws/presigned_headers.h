// SPDX-License-Identifier: Apache-2.0
// Headers that a presigned URL carries in its query: S3 takes them as if they had been sent. boto3 signs metadata so with
// Signature Version 2, SDKs of other languages all of x-amz-*. Pure function.
#pragma once

#include "aws/error.h"
#include "aws/sigv4.h"
#include "http/message.h"

namespace sagebrush::aws {

// The request with the headers of its query: x-amz-*, and If-* of Version 4, whose signature covers the whole query (that of
// Version 2 covers x-amz-* alone). Who made the URL decides: a header that was sent unsigned under the same name gives way. Not
// those that are the signature's own, nor checksums: SDKs that sign without a body put an empty body's there, and S3 does not
// look at it. InvalidArgument for what could not stand in a header.
Outcome<http::Request> WithHeadersOfQuery(http::Request request, const Presented& presented);

}  // namespace sagebrush::aws
