// SPDX-License-Identifier: Apache-2.0
#include "agent/dialer.h"

#include <fmt/format.h>

#include "base/log.h"
#include "http/client.h"

namespace sagebrush::agent {
namespace {

constexpr std::chrono::seconds kConnectTimeout(5);

}  // namespace

Dialer::Dialer(Send send) : send_(std::move(send)), pool_(4, 1024) {}

void Dialer::Dial(std::int64_t id, int port) {
  if (port < 1 || port > 65535) {
    Fail(id, fmt::format("{} is no port", port));
  } else if (!pool_.Submit([this, id, port] { Connect(id, port); })) {
    Fail(id, "too many connections are being made");
  }
}

void Dialer::Stop() { pool_.Stop(); }

void Dialer::Connect(std::int64_t id, int port) {
  const Result<UniqueFd> socket = http::ConnectTcp("127.0.0.1", port, kConnectTimeout);
  if (!socket.ok()) return Fail(id, socket.status().message());
  const Status sent = send_(Json::Object({{"type", "dialled"}, {"id", id}}), socket->get());
  if (!sent.ok())
    LogDebug("agent",
             "a dialled socket could not be passed: " + sent.message());  // the server asks again
}

void Dialer::Fail(std::int64_t id, const std::string& error) {
  const Status sent =
      send_(Json::Object({{"type", "dial_failed"}, {"id", id}, {"error", error}}), -1);
  if (!sent.ok()) LogDebug("agent", "a failed dial could not be told: " + sent.message());
}

}  // namespace sagebrush::agent
