// SPDX-License-Identifier: Apache-2.0
#include "aws/presigned_headers.h"

#include <algorithm>

#include "base/strings.h"
#include "http/field_syntax.h"

namespace sagebrush::aws {

namespace {

bool IsCondition(std::string_view name) {
  constexpr std::string_view kConditions[] = {"if-match", "if-none-match", "if-modified-since",
                                              "if-unmodified-since"};
  return std::ranges::find(kConditions, name) != std::end(kConditions);
}

bool IsMeantForS3(std::string_view name) {
  constexpr std::string_view kOthers[] = {
      "x-amz-algorithm",      "x-amz-credential",     "x-amz-date",
      "x-amz-expires",        "x-amz-signedheaders",  "x-amz-signature",
      "x-amz-security-token", "x-amz-content-sha256", "x-amz-sdk-checksum-algorithm"};
  return name.starts_with("x-amz-") && !name.starts_with("x-amz-checksum-") &&
         std::ranges::find(kOthers, name) == std::end(kOthers);
}

}  // namespace

Outcome<http::Request> WithHeadersOfQuery(http::Request request, const Presented& presented) {
  const bool is_v4 = presented.form == Presented::Form::kQuery;
  const auto query = ParseQuery(request.raw_query());  // as both signatures read it
  if (!query.ok()) return request;                     // which no signature is good for
  for (const auto& [name, value] : *query) {
    const std::string header = ToLower(name);
    if (!IsMeantForS3(header) && !(is_v4 && IsCondition(header))) continue;
    if (!http::IsToken(header) || !http::IsFieldValue(value))
      return Error{.code = "InvalidArgument",
                   .message = "A header in the query of the presigned URL is not valid.",
                   .http_status = 400};
    const auto& signed_headers = presented.signed_headers;
    const bool was_signed_as_header =
        is_v4 ? std::ranges::find(signed_headers, header) != signed_headers.end()
              : request.headers.Has(header);
    if (!was_signed_as_header) request.headers.Set(header, value);
  }
  return request;
}

}  // namespace sagebrush::aws
