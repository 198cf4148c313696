// SPDX-License-Identifier: Apache-2.0
#include "agent/role_credentials.h"

#include <fmt/format.h>

#include "base/json.h"
#include "http/client.h"

namespace sagebrush::agent {
namespace {

constexpr std::chrono::seconds kCallTimeout(30);
constexpr std::chrono::minutes kRenewBefore(5);

}  // namespace

Result<aws::Credentials> RoleCredentials::Get() {
  const std::lock_guard lock(mutex_);
  if (current_ && clock_.Now() < renew_at_) return *current_;

  ASSIGN_OR_RETURN(UniqueFd socket, http::ConnectUnix(api_socket_, kCallTimeout));
  http::ClientConnection connection(std::move(socket), kCallTimeout);
  http::Request request;
  request.method = "GET";
  request.target = "/_sagebrush/credentials";
  request.headers.Add("Host", "127.0.0.1");
  request.headers.Add("X-Sagebrush-Token", token_);
  ASSIGN_OR_RETURN(const http::Response response, connection.Call(request, "", 64 << 10));
  if (response.status != 200) {
    const std::string text =
        fmt::format("the server gives no credentials for this instance ({})", response.status);
    return response.status >= 500 ? Unavailable(text) : PermissionDenied(text);
  }
  ASSIGN_OR_RETURN(const Json json, Json::Parse(response.body));
  aws::Credentials credentials{json.GetString("AccessKeyId"), json.GetString("SecretAccessKey"),
                               json.GetString("Token")};
  const Result<TimePoint> expires = ParseTime(json.GetString("Expiration"));
  if (credentials.access_key.empty() || credentials.secret_key.empty() || !expires.ok()) {
    return Internal("the server's answer holds no credentials");
  }
  current_ = credentials;
  renew_at_ = *expires - kRenewBefore;
  return credentials;
}

void RoleCredentials::Forget() {
  const std::lock_guard lock(mutex_);
  current_.reset();
}

}  // namespace sagebrush::agent
