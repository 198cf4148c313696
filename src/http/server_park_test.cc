// SPDX-License-Identifier: Apache-2.0
// Parked exchanges: answered later, without a worker, by whatever happens first.
#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

#include "http/internal/test_server.h"

namespace sagebrush::http {
namespace {

using namespace internal;  // NOLINT: tests of this module
using namespace std::chrono_literals;

class ServerParkTest : public ServerTest {
 protected:
  static std::string NameOf(WhyResumed why) {
    switch (why) {
      case WhyResumed::kWoken:
        return "woken";
      case WhyResumed::kTimeIsUp:
        return "time is up";
      case WhyResumed::kClientClosed:
        return "client closed";
      case WhyResumed::kServerStops:
        return "server stops";
    }
    return "?";
  }
  static void AnswerWhy(Exchange& exchange, WhyResumed why) {
    (void)exchange.Send({200, {}, NameOf(why)}).ok();
  }
  // Parks and keeps the waker where a test finds it.
  Handler Parked(std::chrono::milliseconds at_most) {
    return [this, at_most](Exchange& exchange) {
      waker_ = exchange.Park(at_most, AnswerWhy);
      parked_.Open();
    };
  }

  Waker waker_;
  Latch parked_;
};

constexpr char kGet[] = "GET /held HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(ServerParkTest, AWakerFromAnyThreadResumesIt) {
  const auto guard = Start(Parked(kPatience));
  RawClient client(port_);
  client.Say(kGet);
  ASSERT_TRUE(parked_.Wait());

  std::thread([this] { waker_(); }).join();

  EXPECT_TRUE(client.HearHead().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(client.HearBytes(5), "woken");
}

TEST_F(ServerParkTest, AWakeBeforeTheHandlerReturnsCounts) {
  const auto guard = Start([](Exchange& exchange) {
    const Waker wake = exchange.Park(kPatience, AnswerWhy);
    wake();
    wake();
  });

  EXPECT_EQ(Client().Call(Get("/"), "").value().body, "woken");
}

TEST_F(ServerParkTest, TimeIsUpAndTheConnectionGoesOn) {
  const auto guard = Start(Parked(1ms));
  auto client = Client();

  EXPECT_EQ(client.Call(Get("/"), "").value().body, "time is up");
  EXPECT_EQ(client.Call(Get("/"), "").value().body, "time is up");
}

TEST_F(ServerParkTest, AWakerThatComesTooLateDoesNothing) {
  Waker late;
  {
    const auto guard = Start(Parked(1ms));
    auto client = Client();
    ASSERT_EQ(client.Call(Get("/"), "").value().body, "time is up");
    late = waker_;

    late();

    EXPECT_EQ(client.Call(Get("/"), "").value().body, "time is up");
  }
  server_.reset();
  late();
}

TEST_F(ServerParkTest, HoldsNoWorker) {
  std::vector<Waker> wakers;
  std::mutex mutex;  // guards wakers
  ServerOptions options;
  options.max_workers = 1;
  const auto guard = Start(
      [&](Exchange& exchange) {
        if (exchange.request().target == "/plain") return (void)exchange.Send({200, {}, "plain"});
        const Waker waker = exchange.Park(kPatience, AnswerWhy);
        const std::lock_guard lock(mutex);
        wakers.push_back(waker);
        if (wakers.size() == 20) parked_.Open();
      },
      options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->Say(kGet);
  }
  ASSERT_TRUE(parked_.Wait());

  EXPECT_EQ(Client().Call(Get("/plain"), "").value().body, "plain");
  for (const Waker& waker : wakers) waker();
  for (auto& client : clients) {
    EXPECT_TRUE(client->HearHead().starts_with("HTTP/1.1 200"));
    EXPECT_EQ(client->HearBytes(5), "woken");
  }
}

TEST_F(ServerParkTest, MayParkAgain) {
  std::atomic<int> rounds{0};
  const auto guard = Start([&](Exchange& exchange) {
    (void)exchange.Park(1ms, [&](Exchange& parked, WhyResumed) {
      ++rounds;
      (void)parked.Park(1ms, [&](Exchange& last, WhyResumed why) {
        ++rounds;
        AnswerWhy(last, why);
      });
    });
  });

  EXPECT_EQ(Client().Call(Get("/"), "").value().body, "time is up");
  EXPECT_EQ(rounds, 2);
}

TEST_F(ServerParkTest, AHalfClosedClientIsAnsweredAtOnce) {
  const auto guard = Start(Parked(kPatience));
  RawClient client(port_);
  client.Say(kGet);
  ASSERT_TRUE(parked_.Wait());

  client.CloseWrite();

  EXPECT_TRUE(client.HearAll().ends_with("client closed"));
}

TEST_F(ServerParkTest, AHalfCloseIsToldOnceAndTheAnswerMayStillWait) {
  Latch again;
  const auto guard = Start([&](Exchange& exchange) {
    (void)exchange.Park(kPatience, [&](Exchange& parked, WhyResumed why) {
      ASSERT_EQ(why, WhyResumed::kClientClosed);
      waker_ = parked.Park(kPatience, AnswerWhy);
      again.Open();
    });
  });
  RawClient client(port_);
  client.Say(kGet);
  client.CloseWrite();
  ASSERT_TRUE(again.Wait());

  waker_();

  EXPECT_TRUE(client.HearAll().ends_with("woken"));
}

TEST_F(ServerParkTest, ALostConnectionDropsWhatWouldResumeIt) {
  struct OpenAtEnd {
    Latch& latch;
    ~OpenAtEnd() { latch.Open(); }
  };
  Latch dropped;
  std::atomic<bool> ran{false};
  const auto guard = Start([&](Exchange& exchange) {
    auto held = std::make_shared<OpenAtEnd>(dropped);
    (void)exchange.Park(kPatience, [&ran, held](Exchange&, WhyResumed) { ran = true; });
    parked_.Open();
  });
  RawClient client(port_);
  client.Say(kGet);
  ASSERT_TRUE(parked_.Wait());

  const linger reset{1, 0};
  ASSERT_EQ(::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client.Close();

  EXPECT_TRUE(dropped.Wait());
  EXPECT_FALSE(ran);
}

TEST_F(ServerParkTest, AStoppingServerResumesIt) {
  const auto guard = Start(Parked(kPatience));
  RawClient client(port_);
  client.Say(kGet);
  ASSERT_TRUE(parked_.Wait());

  server_->Stop(kPatience);

  EXPECT_TRUE(client.HearAll().ends_with("server stops"));
}

TEST_F(ServerParkTest, RequestsOfAPipelineWaitBehindIt) {
  const auto guard = Start([this](Exchange& exchange) {
    if (exchange.request().target != "/held") return Echo(exchange);
    waker_ = exchange.Park(kPatience, AnswerWhy);
    parked_.Open();
  });
  RawClient client(port_);
  client.Say(std::string(kGet) + "GET /next HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x'));
  ASSERT_TRUE(parked_.Wait());
  client.Say("\r\nConnection: close\r\n\r\n");

  waker_();

  const std::string heard = client.HearAll();
  EXPECT_NE(heard.find("woken"), std::string::npos);
  EXPECT_TRUE(heard.ends_with("GET /next? a []")) << heard;
}

TEST_F(ServerParkTest, AnAnswerAfterParkingIsTheAnswer) {
  const auto guard = Start([](Exchange& exchange) {
    (void)exchange.Park(kPatience, AnswerWhy);
    (void)exchange.Send({200, {}, "now"}).ok();
  });

  EXPECT_EQ(Client().Call(Get("/"), "").value().body, "now");
}

}  // namespace
}  // namespace sagebrush::http
