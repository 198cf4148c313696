// SPDX-License-Identifier: Apache-2.0
#include "serving/router.h"

#include <functional>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <latch>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "base/strings.h"
#include "testing/fake_clock.h"

namespace sagebrush::serving {
namespace {

using ::testing::HasSubstr;

// What an instance does with one request: the bytes of its answer, or "" to hang up without one.
using Behaviour = std::function<std::string(const std::string& head, const std::string& body)>;

std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Instances at the other end of socket pairs, each connection served by a thread until it is
// closed.
class FakeInstances final : public Dialer {
 public:
  ~FakeInstances() override {
    HangUp();
    for (std::thread& thread : threads_) thread.join();
  }

  void Add(const std::string& id, Behaviour behaviour) {
    const std::lock_guard lock(mutex_);
    behaviours_[id] = std::move(behaviour);
  }
  // Ends every connection there is, as a server does with idle ones.
  void HangUp() {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  int dials(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return dials_[id];
  }

  Result<UniqueFd> Dial(const std::string& id, int port, std::chrono::milliseconds) override {
    const std::lock_guard lock(mutex_);
    ++dials_[id];
    EXPECT_EQ(port, 8080);
    const auto behaviour = behaviours_.find(id);
    if (behaviour == behaviours_.end()) return Unavailable("cannot reach " + id);
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
      return LastErrno("socketpair");
    sockets_.push_back(pair[1]);
    threads_.emplace_back(
        [socket = pair[1], behaviour = behaviour->second] { Serve(socket, behaviour); });
    return UniqueFd(pair[0]);
  }

 private:
  static void Serve(int socket, const Behaviour& behaviour) {
    std::string received;
    char buffer[4096];
    while (true) {
      const std::size_t end = received.find("\r\n\r\n");
      const std::size_t length_at =
          end == std::string::npos ? end : ToLower(received).find("content-length: ");
      const std::size_t length =
          length_at == std::string::npos ? 0 : std::stoul(received.substr(length_at + 16));
      if (end == std::string::npos || received.size() < end + 4 + length) {
        const ssize_t count = read(socket, buffer, sizeof buffer);
        if (count <= 0) break;
        received.append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      const std::string answer =
          behaviour(received.substr(0, end), received.substr(end + 4, length));
      received.erase(0, end + 4 + length);
      if (answer.empty() || send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    shutdown(socket, SHUT_RDWR);  // closed never: HangUp may still name it; tests are short
  }

  std::mutex mutex_;  // guards everything below
  std::map<std::string, Behaviour> behaviours_;
  std::map<std::string, int> dials_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
};

class RouterTest : public ::testing::Test {
 protected:
  void Publish(std::vector<RoutedVariant> variants) {
    router_->Publish("a/r/e", {std::move(variants)});
  }
  Result<std::unique_ptr<RoutedCall>> Begin(std::string target_variant = "",
                                            std::string body = "1,2") {
    return router_->Invoke({.endpoint_key = "a/r/e",
                            .target_variant = std::move(target_variant),
                            .headers = {{"Content-Type", "text/csv"}, {"Host", "elsewhere"}},
                            .body = std::move(body)});
  }
  // Drives it to its end, as an event loop does.
  static Result<InvocationAnswer> Finish(RoutedCall& call) {
    auto needs = call.Advance();
    while (needs.ok() && *needs != RoutedCall::Needs::kNothing) {
      if (*needs == RoutedCall::Needs::kConnection) {
        needs = call.Connect();
        continue;
      }
      pollfd entry{.fd = call.fd(),
                   .events = *needs == RoutedCall::Needs::kToRead ? short{POLLIN} : short{POLLOUT},
                   .revents = 0};
      if (::poll(&entry, 1, 30'000) <= 0) return DeadlineExceeded("the instance said nothing");
      needs = call.Advance();
    }
    if (!needs.ok()) return needs.status();
    return call.TakeAnswer();
  }
  Result<InvocationAnswer> Invoke(std::string target_variant = "", std::string body = "1,2") {
    ASSIGN_OR_RETURN(const auto call, Begin(std::move(target_variant), std::move(body)));
    return Finish(*call);
  }
  std::string Body(const Result<InvocationAnswer>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    return answer.ok() ? answer->response.body : "";
  }

  testing::FakeClock clock_;
  FakeInstances instances_;
  std::unique_ptr<Router> router_ = Router::Create(instances_, clock_);
};

Behaviour Says(const std::string& text) {
  return [text](const std::string&, const std::string&) { return Ok(text); };
}

TEST_F(RouterTest, RequestReachesTheContainerWithBodyAndHeaders) {
  instances_.Add(
      "i", [](const std::string& head, const std::string& body) { return Ok(head + "|" + body); });
  Publish({{"v", 1, {{"i"}}}});

  const auto answer = Invoke();

  EXPECT_THAT(Body(answer), HasSubstr("POST /invocations HTTP/1.1"));
  EXPECT_THAT(Body(answer), HasSubstr("Content-Type: text/csv"));
  EXPECT_THAT(Body(answer), HasSubstr("Host: localhost"));
  EXPECT_THAT(Body(answer), HasSubstr("|1,2"));
  EXPECT_EQ(answer->variant, "v");
  EXPECT_EQ(answer->response.headers.Get("Content-Type"), "application/json");
}

TEST_F(RouterTest, ContainersErrorsArePassedOnAsTheyAre) {
  instances_.Add("i", [](const std::string&, const std::string&) {
    return "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad";
  });
  Publish({{"v", 1, {{"i"}}}});

  const auto answer = Invoke();

  EXPECT_EQ(Body(answer), "bad");
  EXPECT_EQ(answer->response.status, 400);
}

TEST_F(RouterTest, ConnectionsAreReused) {
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});

  for (int i = 0; i < 5; ++i) EXPECT_EQ(Body(Invoke()), "x");

  EXPECT_EQ(instances_.dials("i"), 1);
}

TEST_F(RouterTest, ConnectionThatTheContainerClosedIsReplaced) {
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  instances_.HangUp();

  EXPECT_EQ(Body(Invoke()), "x");
  EXPECT_EQ(instances_.dials("i"), 2);
}

TEST_F(RouterTest, ReusedConnectionThatBreaksBeforeTheAnswerIsTriedOnceMoreOnAFreshOne) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  instances_.Add("i", [calls](const std::string&, const std::string&) {
    return ++*calls == 2 ? "" : Ok("x");
  });
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  EXPECT_EQ(Body(Invoke()), "x");

  EXPECT_EQ(*calls, 3);
}

TEST_F(RouterTest, FreshConnectionThatBreaksIsNotSentElsewhere) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  const Behaviour dies = [calls](const std::string&, const std::string&) { return ++*calls, ""; };
  instances_.Add("i", dies);
  instances_.Add("j", dies);
  Publish({{"v", 1, {{"i"}, {"j"}}}});

  EXPECT_EQ(Invoke().status().code(), Code::kUnavailable);

  EXPECT_EQ(*calls, 1);
}

TEST_F(RouterTest, ReusedConnectionThatBreaksWithinTheAnswersHeadIsNotTriedAgain) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  instances_.Add("i", [calls](const std::string&, const std::string&) {
    return ++*calls == 2 ? "HTTP/1.1 2" : Ok("x");
  });
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  const auto call = Begin().value();
  ASSERT_EQ(call->Advance().value(), RoutedCall::Needs::kToRead);
  pollfd answer{.fd = call->fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&answer, 1, 30'000), 1);
  instances_.HangUp();

  EXPECT_EQ(Finish(*call).status().code(), Code::kUnavailable);
  EXPECT_EQ(*calls, 2);
}

TEST_F(RouterTest, ReusedConnectionThatBreaksLaterWasAtWorkAndIsNotTriedAgain) {
  auto go_on = std::make_shared<std::latch>(1);
  auto calls = std::make_shared<std::atomic<int>>(0);
  instances_.Add("i", [=](const std::string&, const std::string&) {
    if (++*calls == 2) go_on->wait();
    return Ok("x");
  });
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  const auto call = Begin().value();
  EXPECT_EQ(call->Advance().value(), RoutedCall::Needs::kToRead);
  clock_.Advance(std::chrono::milliseconds(101));
  instances_.HangUp();

  EXPECT_EQ(Finish(*call).status().code(), Code::kUnavailable);
  EXPECT_EQ(instances_.dials("i"), 1);
  go_on->count_down();
}

TEST_F(RouterTest, AnswersBeyondTheQuotaFail) {
  instances_.Add("i", [](const std::string&, const std::string&) {
    return "HTTP/1.1 200 OK\r\nContent-Length: 25000001\r\n\r\n";
  });
  Publish({{"v", 1, {{"i"}}}});

  EXPECT_EQ(Invoke().status().code(), Code::kResourceExhausted);
}

TEST_F(RouterTest, IdleConnectionsGrowOld) {
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  clock_.Advance(std::chrono::seconds(31));
  EXPECT_EQ(Body(Invoke()), "x");

  EXPECT_EQ(instances_.dials("i"), 2);
}

TEST_F(RouterTest, TrafficFollowsTheWeights) {
  instances_.Add("i", Says("a"));
  instances_.Add("j", Says("b"));
  Publish({{"a", 3, {{"i"}}}, {"b", 1, {{"j"}}}, {"none", 0, {{"j"}}}});

  std::map<std::string, int> count;
  for (int i = 0; i < 400; ++i) ++count[Invoke()->variant];

  EXPECT_NEAR(count["a"], 300, 2);
  EXPECT_NEAR(count["b"], 100, 2);
  EXPECT_EQ(count["none"], 0);
}

TEST_F(RouterTest, InstancesOfAVariantTakeTurns) {
  instances_.Add("i", Says("i"));
  instances_.Add("j", Says("j"));
  Publish({{"v", 1, {{"i"}, {"j"}}}});

  std::map<std::string, int> count;
  for (int i = 0; i < 100; ++i) ++count[Body(Invoke())];

  EXPECT_EQ(count["i"], 50);
  EXPECT_EQ(count["j"], 50);
}

TEST_F(RouterTest, TargetVariantIsTakenEvenWithoutWeight) {
  instances_.Add("i", Says("a"));
  instances_.Add("j", Says("b"));
  Publish({{"a", 1, {{"i"}}}, {"b", 0, {{"j"}}}});

  EXPECT_EQ(Body(Invoke("b")), "b");
  EXPECT_EQ(Invoke("c").status().code(), Code::kInvalidArgument);
}

TEST_F(RouterTest, InstanceThatCannotBeReachedIsPassedOver) {
  instances_.Add("alive", Says("x"));
  Publish({{"v", 1, {{"dead"}, {"alive"}}}});

  for (int i = 0; i < 4; ++i) EXPECT_EQ(Body(Invoke()), "x");
}

TEST_F(RouterTest, OtherVariantsHelpOutUnlessOneWasAskedFor) {
  instances_.Add("alive", Says("x"));
  Publish({{"v", 1, {{"dead"}}}, {"w", 1, {{"alive"}}}, {"empty", 1, {}}});

  for (int i = 0; i < 6; ++i) EXPECT_EQ(Invoke()->variant, "w");
  EXPECT_EQ(Invoke("v").status().code(), Code::kUnavailable);
  EXPECT_EQ(Invoke("empty").status().code(), Code::kUnavailable);
}

TEST_F(RouterTest, EndpointsThatAreNotPublishedAreNotFound) {
  EXPECT_EQ(Invoke().status().code(), Code::kNotFound);
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  router_->Withdraw("a/r/e");

  EXPECT_EQ(Invoke().status().code(), Code::kNotFound);
}

TEST_F(RouterTest, UpdateKeepsConnectionsOfInstancesThatStay) {
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  Publish({{"other", 1, {{"i"}}}});

  EXPECT_EQ(Invoke()->variant, "other");
  EXPECT_EQ(instances_.dials("i"), 1);
}

TEST_F(RouterTest, RequestUnderWayFinishesAfterAWithdraw) {
  auto begun = std::make_shared<std::latch>(1);
  auto go_on = std::make_shared<std::latch>(1);
  instances_.Add("i", [=](const std::string&, const std::string&) {
    begun->count_down();
    go_on->wait();
    return Ok("late");
  });
  Publish({{"v", 1, {{"i"}}}});
  auto answer = std::async(std::launch::async, [this] { return Invoke(); });
  begun->wait();

  router_->Withdraw("a/r/e");
  go_on->count_down();

  EXPECT_EQ(Body(answer.get()), "late");
}

TEST_F(RouterTest, ACallWaitsForNothingButItsConnections) {
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});

  const auto first = Begin().value();
  EXPECT_EQ(first->Advance().value(), RoutedCall::Needs::kConnection);
  EXPECT_EQ(Body(Finish(*first)), "x");

  const auto second = Begin().value();
  EXPECT_NE(second->Advance().value(), RoutedCall::Needs::kConnection);  // the one that was kept
  EXPECT_EQ(instances_.dials("i"), 1);
}

TEST_F(RouterTest, LargeBodiesGoBothWays) {
  instances_.Add("i", [](const std::string&, const std::string& body) { return Ok(body); });
  Publish({{"v", 1, {{"i"}}}});
  std::string body(3'000'000, 'b');
  body += "end";

  EXPECT_EQ(Body(Invoke("", body)), body);
  EXPECT_EQ(Body(Invoke("", body)), body);

  EXPECT_EQ(instances_.dials("i"), 1);
}

TEST_F(RouterTest, ACallThatIsGivenUpTakesItsConnectionAlong) {
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});
  EXPECT_EQ(Body(Invoke()), "x");

  {
    const auto given_up = Begin().value();
    EXPECT_TRUE(given_up->Advance().ok());
  }

  EXPECT_EQ(Body(Invoke()), "x");
  EXPECT_EQ(instances_.dials("i"), 2);
}

TEST_F(RouterTest, ACallHasAMinute) {
  instances_.Add("i", Says("x"));
  Publish({{"v", 1, {{"i"}}}});
  const auto call = Begin().value();
  EXPECT_EQ(call->time_left(), std::chrono::seconds(60));

  clock_.Advance(std::chrono::seconds(60));

  EXPECT_EQ(call->Connect().status().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(instances_.dials("i"), 0);
}

}  // namespace
}  // namespace sagebrush::serving
