// SPDX-License-Identifier: Apache-2.0
#include "http/listening.h"

#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "http/internal/test_server.h"

namespace sagebrush::http {
namespace {

using internal::kPatience;

// What `check` says in a child process that inherits `fd` as its descriptor 3.
int InChild(int fd, pid_t pid_or_own, int (*check)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (fd != 3 && ::dup2(fd, 3) != 3) ::_exit(100);
    const std::string pid = std::to_string(pid_or_own == 0 ? ::getpid() : pid_or_own);
    ::setenv("LISTEN_PID", pid.c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::_exit(check());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Listening, ASocketThatWasBoundBeforeIsServed) {
  UniqueFd socket = BindTcp("127.0.0.1", 0).value();
  const int port = PortOf(socket.get()).value();
  EXPECT_EQ(AddressOf(socket.get()).value(), "127.0.0.1:" + std::to_string(port));
  // A client that comes before the server waits for it.
  ClientConnection early(ConnectTcp("127.0.0.1", port, kPatience).value(), kPatience);

  const auto server = Server::Create({}, [](Exchange& exchange) {
                        (void)exchange.Send({200, {}, "here"}).ok();
                      }).value();

  EXPECT_EQ(server->ListenOn(std::move(socket)).value(), port);
  EXPECT_EQ(early.Call({"GET", "/", {{"Host", "a"}}, {}}, "").value().body, "here");
}

TEST(Listening, ATakenPortIsAnError) {
  const UniqueFd socket = BindTcp("127.0.0.1", 0).value();

  const auto again = BindTcp("127.0.0.1", PortOf(socket.get()).value());

  EXPECT_FALSE(again.ok());
}

TEST(Listening, WhatListensEverywhereIsReachedByLoopback) {
  const UniqueFd socket = BindTcp("0.0.0.0", 0).value();

  EXPECT_TRUE(AddressOf(socket.get()).value().starts_with("127.0.0.1:"));
}

TEST(Listening, InheritedSocketsAreTakenOnceAndGoNoFurther) {
  const UniqueFd socket = BindTcp("127.0.0.1", 0).value();

  EXPECT_EQ(InChild(socket.get(), 0,
                    [] {
                      const auto sockets = TakeInheritedSockets();
                      if (!sockets.ok() || sockets->size() != 1) return 1;
                      if (sockets->front().get() != 3) return 2;
                      if ((::fcntl(3, F_GETFD) & FD_CLOEXEC) == 0) return 3;
                      return std::getenv("LISTEN_FDS") == nullptr && TakeInheritedSockets()->empty()
                                 ? 0
                                 : 4;
                    }),
            0);
}

TEST(Listening, SocketsForAnotherProcessAreLeftAlone) {
  const UniqueFd socket = BindTcp("127.0.0.1", 0).value();

  EXPECT_EQ(InChild(socket.get(), 1, [] { return TakeInheritedSockets()->empty() ? 0 : 1; }), 0);
}

TEST(Listening, ADescriptorThatDoesNotListenIsRefused) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));

  EXPECT_EQ(
      InChild(
          null.get(), 0,
          [] { return TakeInheritedSockets().status().code() == Code::kInvalidArgument ? 0 : 1; }),
      0);
}

}  // namespace
}  // namespace sagebrush::http
