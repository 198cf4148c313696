// SPDX-License-Identifier: Apache-2.0
// The short-lived credentials of the instance's role, fetched over the instance's own socket and renewed before they end.
// They are never written anywhere. Any thread may call.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/status.h"

namespace sagebrush::agent {

class RoleCredentials {
 public:
  // `token` is the agent's own: an instance that is cut off from the network is served to its agent alone.
  RoleCredentials(std::string api_socket, std::string token, const Clock& clock)
      : api_socket_(std::move(api_socket)), token_(std::move(token)), clock_(clock) {}

  // kUnavailable while the server is away; kPermissionDenied when it has no role for this instance.
  Result<aws::Credentials> Get();
  // The next Get asks anew: S3 said that these have expired.
  void Forget();

 private:
  const std::string api_socket_;
  const std::string token_;
  const Clock& clock_;
  std::mutex mutex_;  // guards all below; held during the request, so that many threads ask once
  std::optional<aws::Credentials> current_;
  TimePoint renew_at_{};
};

}  // namespace sagebrush::agent
