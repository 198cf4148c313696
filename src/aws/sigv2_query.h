// SPDX-License-Identifier: Apache-2.0
// Signature Version 2 in a query string: S3's presigned URLs of old, and still what boto3 makes by
// default for a custom endpoint. HMAC-SHA1 over method, content headers, the end of its life and
// the resource. Source: S3 developer guide, "Signing and authenticating REST requests (AWS
// signature version 2)". S3 only. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "base/strings.h"

namespace sagebrush::aws {

// From the decoded query; signature, key, end of life and token.
Result<Presented> ParseQueryV2(const QueryPairs& pairs);

// As aws::Verify, which calls it for Form::kQueryV2.
Status VerifyQueryV2(const http::Request& request, const Presented& presented,
                     std::string_view secret_key, TimePoint now);

// The signature's text, for tests and for telling a client what was expected.
std::string StringToSignV2(const http::Request& request, std::string_view expires);

}  // namespace sagebrush::aws
