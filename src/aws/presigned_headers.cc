// SPDX-License-Identifier: Apache-2.0
#include "aws/presigned_headers.h"

#include <algorithm>

#include "base/strings.h"

namespace sagebrush::aws {

namespace {

bool IsHeader(std::string_view name) {
  constexpr std::string_view kConditions[] = {"if-match", "if-none-match", "if-modified-since",
                                              "if-unmodified-since"};
  constexpr std::string_view kOthers[] = {
      "x-amz-algorithm",      "x-amz-credential",     "x-amz-date",
      "x-amz-expires",        "x-amz-signedheaders",  "x-amz-signature",
      "x-amz-security-token", "x-amz-content-sha256", "x-amz-sdk-checksum-algorithm"};
  if (std::ranges::find(kConditions, name) != std::end(kConditions)) return true;
  return name.starts_with("x-amz-") && !name.starts_with("x-amz-checksum-") &&
         std::ranges::find(kOthers, name) == std::end(kOthers);
}

}  // namespace

http::Request WithHeadersOfQuery(http::Request request) {
  const auto query = ParseQuery(request.raw_query(), true);
  if (!query.ok()) return request;  // which no signature is good for
  for (const auto& [name, value] : *query) {
    const std::string header = ToLower(name);
    if (IsHeader(header) && !request.headers.Has(header)) request.headers.Set(header, value);
  }
  return request;
}

}  // namespace sagebrush::aws
