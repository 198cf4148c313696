// SPDX-License-Identifier: Apache-2.0
// Copies bytes both ways between two transports, with half-close: for CONNECT and for connections a handler has taken.
// Lives on one event loop's thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "http/internal/asio.h"

namespace sagebrush::http::internal {

class Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  // Borrowed; both must outlive Run.
  struct Side {
    Transport* transport;
    Descriptor* descriptor;
  };
  // `idle`: ends after so long without a byte; 0 means never.
  Tunnel(asio::io_context* loop, Side client, Side upstream, std::chrono::milliseconds idle);

  // `received` are the client's bytes that were read already. Returns when both directions have ended.
  static asio::awaitable<void> Run(std::shared_ptr<Tunnel> self, std::string received);
  void Cut();

 private:
  static asio::awaitable<void> Copy(std::shared_ptr<Tunnel> self, Side from, Side to,
                                    std::string first);
  static asio::awaitable<void> CopyBack(std::shared_ptr<Tunnel> self);
  void WatchIdle();

  asio::io_context* const loop_;
  const Side client_;
  const Side upstream_;
  const std::chrono::milliseconds idle_;
  asio::steady_timer idle_timer_;
  std::chrono::steady_clock::time_point last_move_;
  Event back_done_;
  bool cut_ = false;
};

}  // namespace sagebrush::http::internal
