// SPDX-License-Identifier: Apache-2.0
// A tunnel through another proxy: that proxy is asked with CONNECT in its turn. Runs on the connection's loop.
#include "http/internal/connection.h"

namespace sagebrush::http::internal {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kAnswerTime = 30s;  // it resolves and connects meanwhile
constexpr std::size_t kMaxAnswer = 16 << 10;
constexpr std::string_view kEmptyLine = "\r\n\r\n";

}  // namespace

// Over upstream_, which is connected to the proxy. What its side has said after the answer; nothing: the refusal is prepared.
asio::awaitable<std::optional<std::string>> Connection::AskUpstream() {
  const UpstreamProxy& proxy = *target_.decision.through;
  const std::string name =
      "The upstream proxy " + proxy.host + ":" + std::to_string(proxy.port) + " ";
  const std::string request = ConnectRequestText(proxy, target_.asked_for, target_.port);
  std::string_view left = request;
  std::string answer;
  std::size_t end = std::string::npos;
  char buffer[4096];
  SetDeadline(kAnswerTime);
  while (end == std::string::npos && answer.size() < kMaxAnswer) {
    const Io io = left.empty() ? upstream_transport_->TryRead(buffer, sizeof buffer)
                               : upstream_transport_->TryWrite(left, false);
    if (io.kind == Io::Kind::kDone && !left.empty()) {
      left.remove_prefix(io.bytes);
    } else if (io.kind == Io::Kind::kDone) {
      answer.append(buffer, io.bytes);
      end = answer.find(kEmptyLine);
    } else if (io.kind == Io::Kind::kWantRead || io.kind == Io::Kind::kWantWrite) {
      const auto wanted = WaitTypeOf(io.kind);
      const auto [error] = co_await upstream_->async_wait(wanted, kAwait);
      if (cut_ || expired_ || error) break;
    } else {
      break;
    }
  }
  const int status = end == std::string::npos ? 0 : StatusOfAnswer(answer);
  if (status / 100 == 2) co_return answer.substr(end + kEmptyLine.size());
  if (expired_) {
    PrepareProxyRefusal(504, name + "does not answer.");
  } else if (status == 407) {
    PrepareProxyRefusal(502, name +
                                 "wants a user and a password (407): give them in its URL, "
                                 "http://USER:PASSWORD@HOST:PORT.");
  } else if (status == 0) {
    PrepareProxyRefusal(502, name + "does not speak HTTP.");
  } else {
    PrepareProxyRefusal(status == 403 ? 403 : 502, name + "refused " + target_.host + ":" +
                                                       std::to_string(target_.port) + ": " +
                                                       answer.substr(0, answer.find('\r')) + ".");
  }
  co_return std::nullopt;
}

}  // namespace sagebrush::http::internal
