// SPDX-License-Identifier: Apache-2.0
// A server on a free port and the ways tests talk to it. Tests only; one thread but for what a test starts itself.
#pragma once

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/internal/test_client.h"
#include "http/server.h"

namespace sagebrush::http::internal {

// Bytes that repeat nowhere near.
inline std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 7;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

class ServerTest : public ::testing::Test {
 protected:
  // The server runs until the returned guard goes, which is before anything that the handler refers to.
  struct StopGuard {
    Server* server;
    explicit StopGuard(Server* running) : server(running) {}
    StopGuard(const StopGuard&) = delete;
    ~StopGuard() { server->Stop(std::chrono::seconds(5)); }
  };
  [[nodiscard]] StopGuard Start(Handler handler, ServerOptions options = {}) {
    server_ = Server::Create(std::move(options), std::move(handler)).value();
    port_ = server_->ListenTcp("127.0.0.1", 0).value();
    return StopGuard(server_.get());
  }
  // Answers with what it was asked: method, path, query, host, body.
  static void Echo(Exchange& exchange) {
    const Request& request = exchange.request();
    auto body = exchange.ReadAll(64 << 20);
    if (!body.ok()) return;
    std::string text = request.method + " " + std::string(request.raw_path()) + "?" +
                       std::string(request.raw_query()) + " " + std::string(request.host()) + " [" +
                       *body + "]";
    (void)exchange.Send({200, {{"Content-Type", "text/plain"}}, std::move(text)}).ok();
  }
  std::string Ask(std::string_view bytes) {
    RawClient client(port_);
    client.Say(bytes);
    return client.HearAll();
  }
  ClientConnection Client(std::chrono::milliseconds timeout = kPatience) {
    return ClientConnection(ConnectTcp("127.0.0.1", port_, kPatience).value(), timeout);
  }
  static Request Get(std::string target) {
    return {"GET", std::move(target), {{"Host", "test"}}, {}};
  }

  std::unique_ptr<Server> server_;
  int port_ = 0;
};

}  // namespace sagebrush::http::internal
