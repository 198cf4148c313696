// SPDX-License-Identifier: Apache-2.0
// What a request presents as its signature: read strictly, believed not at all. The sentences are
// AWS's own.
#include <algorithm>
#include <array>

#include "aws/sigv2_query.h"
#include "aws/sigv4.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::int64_t kWeekSeconds = 604'800;

Status Incomplete(std::string message) {
  return InvalidArgument("IncompleteSignature: " + std::move(message));
}
Status BadQuery(std::string message) {
  return InvalidArgument("AuthorizationQueryParametersError: " + std::move(message));
}

// 20150830T123600Z and nothing else: the text is signed as it is written.
std::optional<TimePoint> ParseBasic(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto time = ParseTime(text);
  if (!time.ok()) return std::nullopt;
  return *time;
}

Status ReadCredential(std::string_view credential, Presented* out) {
  const auto parts = Split(credential, '/');
  if (parts.size() != 5 ||
      std::any_of(parts.begin(), parts.end(), [](auto part) { return part.empty(); }))
    return Incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term, got '" +
        std::string(credential) + "'");
  if (parts[4] != "aws4_request")
    return InvalidArgument(
        "SignatureDoesNotMatch: Credential should be scoped with a valid terminator: "
        "'aws4_request', not '" +
        std::string(parts[4]) + "'.");
  out->access_key = parts[0];
  out->scope = {std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
  return Status::Ok();
}

// Sorted, as the canonical request has them; the client may list them in any order.
void ReadSignedHeaders(std::string_view list, Presented* out) {
  for (const std::string_view name : Split(list, ';')) out->signed_headers.push_back(ToLower(name));
  std::sort(out->signed_headers.begin(), out->signed_headers.end());
  out->signed_headers.erase(std::unique(out->signed_headers.begin(), out->signed_headers.end()),
                            out->signed_headers.end());
}

Status CheckHostIsSigned(const Presented& presented) {
  if (std::binary_search(presented.signed_headers.begin(), presented.signed_headers.end(), "host"))
    return Status::Ok();
  return InvalidArgument(
      "SignatureDoesNotMatch: 'Host' must be a 'SignedHeader' in the AWS Authorization.");
}

Status ReadDate(const http::Request& request, Presented* out) {
  if (const auto text = request.headers.Get("x-amz-date")) {
    const auto time = ParseBasic(Trim(*text));
    if (!time)
      return Incomplete("Date must be in ISO-8601 'basic format'. Got '" + std::string(*text) +
                        "'. See http://en.wikipedia.org/wiki/ISO_8601");
    out->signed_at = *time;
    return Status::Ok();
  }
  const auto text = request.headers.Get("date");
  const auto time = text ? ParseTime(Trim(*text)) : Result<TimePoint>(NotFound("no date"));
  if (!time.ok())
    return Incomplete(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        "Authorization=" +
        std::string(kAlgorithm));
  out->signed_at = *time;
  return Status::Ok();
}

// AWS answers with the hash of the header, so that a secret pasted into it does not end up in a
// log.
Status NoKeyValuePair(std::string_view value) {
  return Incomplete(
      "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 "
      "and encoded with "
      "Base64): '" +
      Base64Encode(Sha256(value)) + "'.");
}

Result<Presented> FromHeader(const http::Request& request, std::string_view value) {
  struct Parameter {
    std::string_view name;
    std::optional<std::string_view> value;
  };
  std::array<Parameter, 3> parameters{
      {{"Credential", {}}, {"Signature", {}}, {"SignedHeaders", {}}}};

  const std::string_view rest = Trim(value.substr(kAlgorithm.size()));
  for (const std::string_view raw : Split(rest, ',')) {
    const std::string_view item = Trim(raw);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return NoKeyValuePair(value);
    const std::string_view name = Trim(item.substr(0, equals));
    const auto known = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const Parameter& p) { return p.name == name; });
    if (known == parameters.end()) continue;
    if (known->value)
      return Incomplete("Authorization header has more than one '" + std::string(name) +
                        "' parameter.");
    known->value = Trim(item.substr(equals + 1));
  }

  std::string missing;
  for (const Parameter& parameter : parameters)
    if (!parameter.value || parameter.value->empty())
      missing += "Authorization header requires '" + std::string(parameter.name) + "' parameter. ";
  if (!missing.empty()) return Incomplete(missing + "Authorization=" + std::string(kAlgorithm));

  Presented out;
  out.form = Presented::Form::kHeader;
  RETURN_IF_ERROR(ReadCredential(*parameters[0].value, &out));
  out.signature = *parameters[1].value;
  ReadSignedHeaders(*parameters[2].value, &out);
  RETURN_IF_ERROR(CheckHostIsSigned(out));
  RETURN_IF_ERROR(ReadDate(request, &out));
  out.session_token = request.headers.GetOr("x-amz-security-token", "");
  return out;
}

// The value of the one parameter of that name; absent also when there are several, which nobody
// signs on purpose.
std::optional<std::string> Single(const QueryPairs& pairs, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [key, value] : pairs) {
    if (key != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

Result<Presented> FromQuery(const QueryPairs& pairs) {
  const auto algorithm = Single(pairs, "X-Amz-Algorithm");
  const auto credential = Single(pairs, "X-Amz-Credential");
  const auto signature = Single(pairs, "X-Amz-Signature");
  const auto date = Single(pairs, "X-Amz-Date");
  const auto signed_headers = Single(pairs, "X-Amz-SignedHeaders");
  const auto expires = Single(pairs, "X-Amz-Expires");
  if (!algorithm || !credential || !signature || !date || !signed_headers || !expires)
    return BadQuery(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
        "X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  if (*algorithm != kAlgorithm)
    return BadQuery(
        "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"");

  Presented out;
  out.form = Presented::Form::kQuery;
  RETURN_IF_ERROR(ReadCredential(*credential, &out));
  const auto time = ParseBasic(*date);
  if (!time)
    return BadQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  out.signed_at = *time;
  const auto seconds = ParseInt(*expires);
  if (!seconds) return BadQuery("X-Amz-Expires should be a number");
  if (*seconds < 0) return BadQuery("X-Amz-Expires must be non-negative");
  if (*seconds > kWeekSeconds)
    return BadQuery(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
        "must be less than "
        "604800 seconds");
  out.expires_seconds = *seconds;
  out.signature = *signature;
  ReadSignedHeaders(*signed_headers, &out);
  RETURN_IF_ERROR(CheckHostIsSigned(out));
  out.session_token = Single(pairs, "X-Amz-Security-Token").value_or("");
  return out;
}

bool Names(const QueryPairs& pairs, std::string_view name) {
  return std::any_of(pairs.begin(), pairs.end(),
                     [&](const auto& pair) { return pair.first == name; });
}

}  // namespace

Result<std::optional<Presented>> ParsePresented(const http::Request& request) {
  const auto authorizations = request.headers.GetAll("authorization");
  const auto query = ParseQuery(request.raw_query(), /*plus_is_space=*/true);
  const bool is_v4_query =
      query.ok() && (Names(*query, "X-Amz-Algorithm") || Names(*query, "X-Amz-Signature"));
  const bool is_v2_query =
      query.ok() && Names(*query, "AWSAccessKeyId") && Names(*query, "Signature");

  if (authorizations.size() + (is_v4_query ? 1 : 0) + (is_v2_query ? 1 : 0) > 1)
    return InvalidArgument(
        "InvalidArgument: Only one auth mechanism allowed; only the X-Amz-Algorithm query "
        "parameter, "
        "Signature query string parameter or the Authorization header should be specified");
  if (is_v4_query) {
    ASSIGN_OR_RETURN(Presented presented, FromQuery(*query));
    return std::optional<Presented>(std::move(presented));
  }
  if (is_v2_query) {
    ASSIGN_OR_RETURN(Presented presented, ParseQueryV2(*query));
    return std::optional<Presented>(std::move(presented));
  }
  if (authorizations.empty()) return std::optional<Presented>();

  const std::string_view value = Trim(authorizations.front());
  if (value == kAlgorithm || value.starts_with(std::string(kAlgorithm) + " ")) {
    ASSIGN_OR_RETURN(Presented presented, FromHeader(request, value));
    return std::optional<Presented>(std::move(presented));
  }
  if (value.starts_with("AWS "))
    return InvalidArgument(
        "InvalidRequest: The authorization mechanism you have provided is not supported. Please "
        "use "
        "AWS4-HMAC-SHA256.");
  return NoKeyValuePair(value);
}

}  // namespace sagebrush::aws
