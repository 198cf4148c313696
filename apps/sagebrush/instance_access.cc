// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/instance_access.h"

#include "apps/sagebrush/package_endpoint.h"
#include "aws/container_authorization.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "orchestrator/backends/process/instance_folder.h"

namespace sagebrush::apps {

namespace {

constexpr std::chrono::seconds kInstanceCredentialLife{3600};
constexpr char kSessionName[] = "SageMaker";

}  // namespace

bool InstanceAccess::Exists(const std::string& instance_id) const {
  return needs_.instances.Get(instance_id).status().code() != Code::kNotFound;
}

Result<Json> InstanceAccess::CredentialsOf(const std::string& instance_id) const {
  ASSIGN_OR_RETURN(const auto instance, needs_.instances.Get(instance_id));
  if (instance.role_arn.empty()) return NotFound("this instance has no role");
  ASSIGN_OR_RETURN(const iam::Role role, needs_.roles.GetByArn(instance.role_arn));
  const auto session = needs_.identity.MintSession({.role_name = role.name,
                                                    .role_id = role.id,
                                                    .session_name = kSessionName,
                                                    .life = kInstanceCredentialLife,
                                                    .policies = {},
                                                    .policy_arns = {},
                                                    .instance = instance_id});
  return Json::Object({{"RoleArn", role.arn()},
                       {"AccessKeyId", session.access_key},
                       {"SecretAccessKey", session.secret_key},
                       {"Token", session.session_token},
                       {"Expiration", FormatIso8601(session.expires)}});
}

bool InstanceAccess::MayHaveCredentials(const std::string& instance_id,
                                        const http::Request& request) const {
  const orchestrator::InstanceFolder folder(needs_.data_folder / "instances" / instance_id);
  if (folder.isolation() != orchestrator::Isolation::kNone || IsTheAgent(instance_id, request))
    return true;
  const auto instance = needs_.instances.Get(instance_id);
  const auto shown = request.headers.Get("authorization");
  return instance.ok() && shown && !instance->token_hash.empty() &&
         ConstantTimeEquals(*shown, aws::ContainerAuthorization(instance->token_hash));
}

bool InstanceAccess::Admits(const std::string& instance_id, const http::Request& request) const {
  return !request.peer.is_isolated || IsTheAgent(instance_id, request);
}

void InstanceAccess::ServePackages(const std::string& instance_id, http::Exchange& exchange) const {
  const auto instance = needs_.instances.Get(instance_id);
  if (!instance.ok() || !IsTheAgent(instance_id, exchange.request())) {
    (void)exchange.Send({.status = 403, .headers = {}, .body = "This is the agent's alone.\n"});
    return;
  }
  const std::string& scope = instance->owner.scope;  // account/region
  apps::ServePackages(needs_.packages, scope.substr(0, scope.find('/')), exchange);
}

bool InstanceAccess::IsTheAgent(const std::string& instance_id,
                                const http::Request& request) const {
  const auto instance = needs_.instances.Get(instance_id);
  const auto token = request.headers.Get("x-sagebrush-token");
  return instance.ok() && token &&
         ConstantTimeEquals(HexEncode(Sha256(*token)), instance->token_hash);
}

}  // namespace sagebrush::apps
