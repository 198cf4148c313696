// SPDX-License-Identifier: Apache-2.0
// The fate of a CONNECT by who asks (docs/architecture.md, "The proxy"). Pure.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/network.h"
#include "http/server.h"

namespace sagebrush::apps {

// `instance_networks`: what instances may reach beside public addresses; null: nothing.
http::ConnectDecision DecideConnect(
    const http::Peer& peer, std::string_view host,
    const std::shared_ptr<const std::vector<Network>>& instance_networks);

}  // namespace sagebrush::apps
