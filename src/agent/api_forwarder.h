// SPDX-License-Identifier: Apache-2.0
// ApiForwarder: the instance's own loopback port that leads user code to the server. It copies bytes between each connection
// and the server's unix socket, one thread for all. A connection made while the server restarts waits for it. Plain http for
// other hosts, as HTTP_PROXY leads it here, goes through a tunnel (plain_proxy.h).
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush::agent {

class ApiForwarder {
 public:
  struct Options {
    std::filesystem::path api_socket;
    int port = 0;                        // 0: any, see port()
    std::size_t max_connections = 1024;  // beyond: further ones wait in the backlog
    std::chrono::milliseconds server_patience{
        std::chrono::seconds(60)};  // how long a connection waits for the server
  };

  static Result<std::unique_ptr<ApiForwarder>> Start(Options options);
  ~ApiForwarder();
  ApiForwarder(const ApiForwarder&) = delete;
  ApiForwarder& operator=(const ApiForwarder&) = delete;

  int port() const { return port_; }

 private:
  explicit ApiForwarder(Options options) : options_(std::move(options)) {}
  void Run();

  const Options options_;
  int port_ = 0;
  UniqueFd listener_;
  UniqueFd wake_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace sagebrush::agent
