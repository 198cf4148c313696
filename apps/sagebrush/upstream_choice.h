// SPDX-License-Identifier: Apache-2.0
// Which proxy a tunnel goes through: the asking user's own, as `sagebrush env` wrote it into her
// HTTPS_PROXY, else the server's own (--upstream-proxy, or the environment it was started in).
// Jobs have the server's. A server never asks itself. Any thread.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/status.h"
#include "http/server.h"
#include "services/client_environment.h"

namespace sagebrush::apps {

class UpstreamChoice {
 public:
  // kInvalidArgument for an option that is no proxy; of the environment it is a warning in the log.
  static Result<http::ProxySettings> OwnSettings(const std::string& option,
                                                 const services::Environment& environment);

  explicit UpstreamChoice(http::ProxySettings own) : own_(std::move(own)) {}
  void ListensOn(int port) { port_ = port; }
  std::optional<http::UpstreamProxy> For(const http::ConnectRequest& asked) const;

 private:
  const http::ProxySettings own_;
  std::atomic<int> port_{0};
};

}  // namespace sagebrush::apps
