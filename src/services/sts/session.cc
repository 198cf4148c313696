// SPDX-License-Identifier: Apache-2.0
#include "services/sts/session.h"

#include <algorithm>

#include "iam/decision.h"
#include "services/sts/actions.h"

namespace sagebrush::services::sts {

namespace {

using iam::Principal;

constexpr std::int64_t kChainedSessionSeconds = 3600;
constexpr std::int64_t kRootSessionSeconds = 3600;
constexpr std::size_t kMaxPolicyBytes =
    2048;  // session policies are in the token, and that in a header

aws::Error ValidationError(std::string message) { return {"ValidationError", std::move(message)}; }

Json CredentialsOf(const iam::SessionCredentials& credentials) {
  Json out = Json::Object();
  out["AccessKeyId"] = credentials.access_key;
  out["SecretAccessKey"] = credentials.secret_key;
  out["SessionToken"] = credentials.session_token;
  out["Expiration"] = ToEpochSeconds(credentials.expires);
  return out;
}

// AWS gives the same answer for a role that is not there.
aws::Error NotTrusted(const RequestContext& context, const std::string& role_arn) {
  return {"AccessDenied",
          "User: " + context.principal.arn +
              " is not authorized to perform: sts:AssumeRole on resource: " + role_arn};
}

// What would change what the session may do, and is not kept, must not be taken silently.
std::optional<aws::Error> RefuseWhatIsNotHonoured(const Json& input) {
  for (const char* name : {"Tags", "TransitiveTagKeys", "SerialNumber", "TokenCode",
                           "SourceIdentity", "ProvidedContexts"}) {
    const Json* value = input.Find(name);
    if (value == nullptr || value->is_null() || (value->is_array() && value->size() == 0)) continue;
    return ValidationError(std::string(name) +
                           " of AssumeRole is not supported by this server; leave it out.");
  }
  return std::nullopt;
}

}  // namespace

aws::Outcome<Json> Sessions::GetCallerIdentity(const RequestContext& context, const Json&) {
  Json out = Json::Object();
  out["UserId"] = context.principal.user_id;
  out["Account"] = context.principal.account;
  out["Arn"] = context.principal.arn;
  return out;
}

aws::Outcome<Json> Sessions::AssumeRole(const RequestContext& context, const Json& input) {
  const std::string role_arn = input.GetString("RoleArn");
  if (!IsArn(role_arn)) return ValidationError(role_arn + " is invalid");
  if (auto refused = RefuseWhatIsNotHonoured(input)) return *refused;
  const auto role = roles_.GetByArn(role_arn);
  if (role.status().code() == Code::kNotFound) return NotTrusted(context, role_arn);
  if (!role.ok()) return role.status();

  const auto trust = iam::ParsePolicy(role->trust_policy);
  if (!trust.ok())
    return Internal("the stored trust policy of " + role_arn +
                    " cannot be read: " + trust.status().message());
  std::map<std::string, std::string> conditions = {
      {"sts:RoleSessionName", input.GetString("RoleSessionName")},
      {"aws:PrincipalArn", context.principal.arn},
      {"aws:PrincipalAccount", context.principal.account},
      {"aws:userid", context.principal.user_id},
      {"aws:CurrentTime", FormatIso8601(clock_.Now())}};
  if (input.Has("ExternalId")) conditions["sts:ExternalId"] = input.GetString("ExternalId");
  if (!iam::Trusts(*trust, context.principal.arn, "sts:AssumeRole", conditions))
    return NotTrusted(context, role_arn);

  const std::int64_t seconds = input.GetInt("DurationSeconds", kChainedSessionSeconds);
  if (seconds > role->max_session_seconds)
    return ValidationError(
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  if (context.principal.kind == Principal::Kind::kRoleSession && seconds > kChainedSessionSeconds)
    return ValidationError(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining");

  iam::SessionRequest request{.role_name = role->name,
                              .role_id = role->id,
                              .session_name = input.GetString("RoleSessionName"),
                              .life = std::chrono::seconds(seconds),
                              .policies = {},
                              .policy_arns = {}};
  std::size_t policy_bytes = 0;
  if (const std::string policy = input.GetString("Policy"); !policy.empty()) {
    if (const auto parsed = iam::ParseIdentityPolicy(policy); !parsed.ok())
      return aws::Error{"MalformedPolicyDocument", parsed.status().message()};
    policy_bytes += policy.size();
    request.policies.push_back(policy);
  }
  if (const Json* arns = input.Find("PolicyArns"); arns != nullptr && arns->is_array()) {
    for (const Json& item : arns->AsArray()) {
      const std::string arn = item.GetString("arn");
      const auto policy = roles_.GetPolicy(arn);
      if (policy.status().code() == Code::kNotFound)
        return ValidationError("Policy " + arn + " does not exist or is not attachable.");
      if (!policy.ok()) return policy.status();
      policy_bytes += arn.size();
      request.policy_arns.push_back(arn);
    }
  }
  if (policy_bytes > kMaxPolicyBytes)
    return aws::Error{"PackedPolicyTooLarge",
                      "The packed size of the session policies is " +
                          std::to_string(policy_bytes * 100 / kMaxPolicyBytes) +
                          "% of what is allowed (" + std::to_string(kMaxPolicyBytes) + " bytes)."};

  Json out = Json::Object();
  out["Credentials"] = CredentialsOf(identity_.MintSession(request));
  out["AssumedRoleUser"]["AssumedRoleId"] = role->id + ":" + request.session_name;
  out["AssumedRoleUser"]["Arn"] =
      "arn:aws:sts::" + role->account + ":assumed-role/" + role->name + "/" + request.session_name;
  if (policy_bytes > 0)
    out["PackedPolicySize"] = std::max<std::size_t>(1, policy_bytes * 100 / kMaxPolicyBytes);
  return out;
}

aws::Outcome<Json> Sessions::GetSessionToken(const RequestContext& context, const Json& input) {
  if (context.principal.kind != Principal::Kind::kRoot || context.principal.expires != TimePoint{})
    return aws::Error{"AccessDenied", "Cannot call GetSessionToken with session credentials"};
  if (input.Has("SerialNumber") || input.Has("TokenCode"))
    return ValidationError(
        "MFA devices are not supported by this server; leave SerialNumber and TokenCode out.");
  iam::SessionRequest request;
  // The root's sessions last an hour at most, as on AWS.
  request.life = std::chrono::seconds(
      std::min(input.GetInt("DurationSeconds", kRootSessionSeconds), kRootSessionSeconds));
  Json out = Json::Object();
  out["Credentials"] = CredentialsOf(identity_.MintSession(request));
  return out;
}

}  // namespace sagebrush::services::sts
