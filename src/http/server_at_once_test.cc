// SPDX-License-Identifier: Apache-2.0
// Handlers that run on the event loop itself (ServerOptions::runs_at_once), and exchanges parked on a descriptor.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include "http/internal/test_server.h"

namespace sagebrush::http {
namespace {

using namespace internal;  // NOLINT: tests of this module
using namespace std::chrono_literals;

class ServerAtOnceTest : public ServerTest {
 protected:
  // One loop, so that what would hold it up is seen; paths that begin with "/now" run on it.
  static ServerOptions OneLoop() {
    ServerOptions options;
    options.io_threads = 1;
    options.runs_at_once = [](const Request& request) {
      return request.raw_path().starts_with("/now");
    };
    return options;
  }
  static std::string Post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
  }
  static std::string ThisThread() {
    return std::to_string(std::hash<std::thread::id>()(std::this_thread::get_id()));
  }
  static void SayThread(Exchange& exchange) {
    (void)exchange.Send({.status = 200, .headers = {}, .body = ThisThread()});
  }
  std::string AskThread(std::string_view path, std::string body = "") {
    auto client = Client();
    Request request = Get(std::string(path));
    request.method = "POST";
    return client.Call(request, body).value().body;
  }
};

TEST_F(ServerAtOnceTest, RunsOnTheLoopAndTheOthersOnWorkers) {
  const auto guard = Start(SayThread, OneLoop());

  const std::string loop = AskThread("/now");

  EXPECT_EQ(AskThread("/now", "short"), loop);
  EXPECT_NE(AskThread("/later"), loop);
}

TEST_F(ServerAtOnceTest, AConnectionGoesToTheLoopWithTheFewest) {
  auto options = OneLoop();
  options.io_threads = 2;
  const auto guard = Start(SayThread, std::move(options));
  const auto thread_of = [&](auto& client) { return client.Call(Get("/now"), "").value().body; };
  auto one = Client(), other = Client(), third = Client(), fourth = Client();
  const std::string emptied = thread_of(other);
  ASSERT_EQ(thread_of(third), thread_of(one));
  ASSERT_EQ(thread_of(fourth), emptied);
  { const auto closed = std::move(other), closed_too = std::move(fourth); }

  const auto both_go_there = [&] {
    auto fifth = Client(), sixth = Client();
    const bool fifth_does = thread_of(fifth) == emptied;
    return thread_of(sixth) == emptied && fifth_does;
  };
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  bool gone = false;  // the server learns of a hang-up when its loop looks
  while (!gone && std::chrono::steady_clock::now() < deadline) gone = both_go_there();
  EXPECT_TRUE(gone);
}

TEST_F(ServerAtOnceTest, LongAndUnknownBodiesGoToAWorker) {
  const auto guard = Start(SayThread, OneLoop());
  const std::string loop = AskThread("/now");

  EXPECT_NE(AskThread("/now", std::string(200'000, 'x')), loop);
  EXPECT_FALSE(Ask("POST /now HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: "
                   "close\r\n\r\n0\r\n\r\n")
                   .ends_with(loop));
}

TEST_F(ServerAtOnceTest, IsAnsweredWhileEveryWorkerIsTaken) {
  Latch taken;
  Latch release;
  ServerOptions options = OneLoop();
  options.max_workers = 1;
  const auto guard = Start(
      [&](Exchange& exchange) {
        if (exchange.request().target == "/now") return Echo(exchange);
        taken.Open();
        EXPECT_TRUE(release.Wait());
        Echo(exchange);
      },
      options);
  RawClient slow(port_);
  slow.Say(Post("/later", ""));
  ASSERT_TRUE(taken.Wait());

  EXPECT_EQ(Client().Call(Get("/now"), "").value().body, "GET /now? test []");

  release.Open();
  EXPECT_TRUE(slow.HearHead().starts_with("HTTP/1.1 200"));
}

TEST_F(ServerAtOnceTest, TheBodyIsReadOnceAndWhole) {
  const auto guard = Start(
      [](Exchange& exchange) {
        const auto body = exchange.ReadAll(100);
        char more = 0;
        EXPECT_EQ(exchange.Read(&more, 1).value(), 0u);
        (void)exchange.Send({.status = 200, .headers = {}, .body = body.value_or("too long")});
      },
      OneLoop());

  EXPECT_EQ(AskThread("/now", "abc"), "abc");
  EXPECT_EQ(AskThread("/now", std::string(100, 'x')), std::string(100, 'x'));
}

TEST_F(ServerAtOnceTest, AClientThatReadsNoLargeAnswerHoldsUpNobody) {
  const std::string large = Pattern(16 << 20);
  const auto guard = Start(
      [&](Exchange& exchange) {
        const bool is_large = exchange.request().target == "/now/large";
        (void)exchange.Send({.status = 200, .headers = {}, .body = is_large ? large : "small"});
      },
      OneLoop());
  RawClient idle(port_);
  idle.Say(Post("/now/large", ""));

  EXPECT_EQ(Client().Call(Get("/now"), "").value().body, "small");

  EXPECT_TRUE(idle.HearHead().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(idle.HearBytes(large.size()), large);
}

TEST_F(ServerAtOnceTest, ALongPipelineIsAnsweredInOrder) {
  const auto guard = Start(Echo, OneLoop());
  std::string asked;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    asked += Post("/now", std::to_string(i));
    expected += std::to_string(i) + "]";
  }

  RawClient client(port_);
  client.Say(asked + "GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  const std::string heard = client.HearAll();
  std::string bodies;
  for (std::size_t at = 0; (at = heard.find(" a [", at)) != std::string::npos; ++at)
    bodies += heard.substr(at + 4, heard.find(']', at) - at - 3);
  EXPECT_EQ(bodies, expected + "]");
}

TEST_F(ServerAtOnceTest, AHandlerThatThrowsIsA500) {
  const auto guard =
      Start([](Exchange&) { throw std::runtime_error("a test's exception"); }, OneLoop());

  EXPECT_EQ(Client().Call(Get("/now"), "").value().status, 500);
}

// A pipe whose one end an exchange is parked on.
class ServerParkOnTest : public ServerAtOnceTest {
 protected:
  ServerParkOnTest() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    read_end_ = UniqueFd(ends[0]);
    write_end_ = UniqueFd(ends[1]);
  }
  static void SayWhy(Exchange& exchange, WhyResumed why) {
    (void)exchange.Send({.status = 200,
                         .headers = {},
                         .body = std::to_string(static_cast<int>(why)) + " " + ThisThread()});
  }
  static std::string Why(WhyResumed why) { return std::to_string(static_cast<int>(why)) + " "; }
  Handler ParkedOnPipe(std::chrono::milliseconds at_most) {
    return [this, at_most](Exchange& exchange) {
      if (exchange.request().target == "/now/thread") return SayThread(exchange);
      waker_ = exchange.ParkOn(read_end_.get(), Exchange::Ready::kToRead, at_most, SayWhy);
      parked_.Open();
    };
  }

  UniqueFd read_end_;
  UniqueFd write_end_;
  Waker waker_;
  Latch parked_;
};

TEST_F(ServerParkOnTest, WhatTheDescriptorBringsGoesOnOnTheLoop) {
  for (const char* path : {"/now", "/later"}) {
    const auto guard = Start(ParkedOnPipe(kPatience), OneLoop());
    const std::string loop = AskThread("/now/thread");
    RawClient client(port_);
    client.Say(Post(path, ""));
    ASSERT_TRUE(parked_.Wait());

    ASSERT_EQ(::write(write_end_.get(), "x", 1), 1);

    client.HearHead();
    EXPECT_EQ(client.HearBytes(2 + loop.size()), Why(WhyResumed::kWoken) + loop);
    // The descriptor is still ours, and open.
    char got = 0;
    EXPECT_EQ(::read(read_end_.get(), &got, 1), 1);
  }
}

TEST_F(ServerParkOnTest, WhatIsThereAlreadyCounts) {
  ASSERT_EQ(::write(write_end_.get(), "x", 1), 1);
  const auto guard = Start(ParkedOnPipe(kPatience), OneLoop());

  EXPECT_TRUE(AskThread("/now").starts_with(Why(WhyResumed::kWoken)));
  EXPECT_TRUE(AskThread("/now").starts_with(Why(WhyResumed::kWoken)));  // nobody has read it
}

TEST_F(ServerParkOnTest, RoomToWriteCounts) {
  const auto guard = Start(
      [this](Exchange& exchange) {
        (void)exchange.ParkOn(write_end_.get(), Exchange::Ready::kToWrite, kPatience, SayWhy);
      },
      OneLoop());

  EXPECT_TRUE(AskThread("/now").starts_with(Why(WhyResumed::kWoken)));
}

TEST_F(ServerParkOnTest, TimeWakersAndHalfClosesGoOnAsWhenParked) {
  {
    const auto guard = Start(ParkedOnPipe(kPatience), OneLoop());
    RawClient waiting(port_);
    waiting.Say(Post("/now", ""));
    ASSERT_TRUE(parked_.Wait());
    waker_();
    waiting.HearHead();
    EXPECT_EQ(waiting.HearBytes(2), Why(WhyResumed::kWoken));

    RawClient leaving(port_);
    leaving.Say(Post("/now", ""));
    leaving.CloseWrite();
    EXPECT_NE(leaving.HearAll().find("\r\n\r\n" + Why(WhyResumed::kClientClosed)),
              std::string::npos);
  }
  const auto guard = Start(ParkedOnPipe(1ms), OneLoop());
  EXPECT_TRUE(AskThread("/now").starts_with(Why(WhyResumed::kTimeIsUp)));
}

TEST_F(ServerParkOnTest, ALostClientDropsTheCallAndLeavesTheDescriptor) {
  struct OpenAtEnd {
    Latch& latch;
    ~OpenAtEnd() { latch.Open(); }
  };
  Latch dropped;
  const auto guard = Start(
      [&](Exchange& exchange) {
        auto held = std::make_shared<OpenAtEnd>(dropped);
        (void)exchange.ParkOn(read_end_.get(), Exchange::Ready::kToRead, kPatience,
                              [held](Exchange&, WhyResumed) { ADD_FAILURE() << "it went on"; });
        parked_.Open();
      },
      OneLoop());
  RawClient client(port_);
  client.Say(Post("/now", ""));
  ASSERT_TRUE(parked_.Wait());

  const linger reset{1, 0};
  ASSERT_EQ(::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client.Close();

  EXPECT_TRUE(dropped.Wait());
  EXPECT_EQ(::write(write_end_.get(), "x", 1), 1);
}

TEST_F(ServerParkOnTest, AStopIsToldOnceAndTheAnswerMayStillCome) {
  Latch told;
  const auto guard = Start(
      [&](Exchange& exchange) {
        (void)exchange.ParkOn(read_end_.get(), Exchange::Ready::kToRead, kPatience,
                              [&](Exchange& on, WhyResumed why) {
                                EXPECT_EQ(why, WhyResumed::kServerStops);
                                (void)on.ParkOn(read_end_.get(), Exchange::Ready::kToRead,
                                                kPatience, SayWhy);
                                told.Open();
                              });
        parked_.Open();
      },
      OneLoop());
  RawClient client(port_);
  client.Say(Post("/now", ""));
  ASSERT_TRUE(parked_.Wait());

  std::thread stop([this] { EXPECT_TRUE(server_->Stop(kPatience)); });
  ASSERT_TRUE(told.Wait());
  ASSERT_EQ(::write(write_end_.get(), "x", 1), 1);

  EXPECT_NE(client.HearAll().find("\r\n\r\n" + Why(WhyResumed::kWoken)), std::string::npos);
  stop.join();
}

}  // namespace
}  // namespace sagebrush::http
