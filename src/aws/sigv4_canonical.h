// SPDX-License-Identifier: Apache-2.0
// The canonical request of Signature Version 4: the one text that both sides make from a request
// and sign. Source: AWS General Reference, "Create a canonical request". S3 takes the path as it
// stands on the wire; every other service resolves dot segments and encodes the path once more.
// Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/sigv4.h"
#include "http/message.h"

namespace sagebrush::aws::internal {

// Dot segments and doubled slashes resolved; a trailing slash stays.
std::string NormalizePath(std::string_view path);

std::string CanonicalPath(std::string_view raw_path, std::string_view service);

// Decoded, encoded again and sorted; without X-Amz-Signature. A broken escape is taken as it
// stands.
std::string CanonicalQuery(std::string_view raw_query);

// The values of that header joined by commas, each trimmed and with runs of blanks as one.
std::string CanonicalHeaderValue(const http::Request& request, std::string_view lower_case_name);

struct CanonicalParts {
  std::string_view path;                                     // canonical already
  std::string_view query;                                    // canonical already
  const std::vector<std::string>* signed_headers = nullptr;  // lower case, sorted
  std::string_view payload_hash;
};
std::string CanonicalRequest(const http::Request& request, const CanonicalParts& parts);

// The text that the signing key signs.
std::string StringToSign(TimePoint signed_at, const CredentialScope& scope,
                         std::string_view canonical_request);

}  // namespace sagebrush::aws::internal
