// SPDX-License-Identifier: Apache-2.0
// InvokeEndpoint step by step, without threads: the test is the event loop and the container.
#include "services/sagemaker_runtime/runtime_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <list>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>

#include "testing/fake_clock.h"
#include "testing/fake_exchange.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services {
namespace {

using http::WhyResumed;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Every connection's other end is kept for the test.
class OneInstance final : public serving::Dialer {
 public:
  Result<UniqueFd> Dial(const std::string&, int, std::chrono::milliseconds) override {
    if (!is_reachable_) return Unavailable("it is gone");
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ends_.emplace_back(ends[1]);
    return UniqueFd(ends[0]);
  }
  int dials() const { return static_cast<int>(ends_.size()); }
  std::string Hear() {
    char buffer[4096];
    const ssize_t got = ::recv(ends_.back().get(), buffer, sizeof buffer, 0);
    return {buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  void Say(std::string_view bytes) {
    ASSERT_EQ(::send(ends_.back().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  bool IsHungUp() { return Hear().empty(); }
  void HangUp() { ends_.back() = UniqueFd(); }
  void Vanish() { is_reachable_ = false; }

 private:
  std::list<UniqueFd> ends_;
  bool is_reachable_ = true;
};

class RuntimeServiceTest : public ::testing::Test {
 protected:
  // One caller's exchange and what she is told.
  struct Caller {
    testing::FakeExchange exchange{
        {"POST",
         "/endpoints/e/invocations",
         {{"Content-Type", "text/csv"}, {"X-Amzn-SageMaker-Custom-Attributes", "a"}},
         {}},
        ""};
    int answers = 0;
    std::optional<aws::Error> error;
    std::string body;
  };

  RuntimeServiceTest() {
    router_->Publish("1/r/e", {{{"v", 1, {{"i"}}}}});
    context_.account = "1";
    context_.region = "r";
    context_.request_id = "id";
  }
  void Ask(Caller& caller, std::string body = "1,2",
           const Json& input = Json::Object({{"EndpointName", "e"}})) {
    service_->operations()
        .at("InvokeEndpoint")
        .relay(context_, input, std::move(body), caller.exchange,
               [&caller](http::Exchange& exchange, aws::Outcome<http::Response> outcome) {
                 ++caller.answers;
                 if (outcome.ok()) {
                   caller.body = outcome.value().body;
                   (void)exchange.Send(std::move(outcome).value());
                 } else {
                   caller.error = outcome.error(aws::Protocol::kRestJson);
                 }
               });
  }
  // As Ask, until the container has the request.
  void AskAndConnect(Caller& caller) {
    Ask(caller);
    if (caller.exchange.wakes() > 0) caller.exchange.GoOn(WhyResumed::kWoken);
  }
  static std::string Ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  testing::FakeClock clock_;
  testing::MemoryRecordStore records_;
  OneInstance instance_;
  std::unique_ptr<serving::Router> router_ = serving::Router::Create(instance_, clock_);
  sagemaker_metrics::InvocationMetrics metrics_{clock_};
  std::unique_ptr<Service> service_ = MakeRuntimeService(*router_, records_, metrics_);
  RequestContext context_;
};

TEST_F(RuntimeServiceTest, WaitsOnTheContainersSocketAlone) {
  Caller caller;
  Ask(caller);
  // The first connection is made where waiting is allowed: on a worker, at once.
  EXPECT_EQ(instance_.dials(), 0);
  EXPECT_EQ(caller.exchange.parked_on(), -1);
  EXPECT_EQ(caller.exchange.wakes(), 1);
  caller.exchange.GoOn(WhyResumed::kWoken);

  EXPECT_GE(caller.exchange.parked_on(), 0);
  EXPECT_EQ(caller.exchange.ready(), http::Exchange::Ready::kToRead);
  EXPECT_EQ(caller.exchange.parked_for(), std::chrono::seconds(60));
  const std::string heard = instance_.Hear();
  EXPECT_THAT(heard, StartsWith("POST /invocations HTTP/1.1\r\n"));
  EXPECT_THAT(heard, HasSubstr("X-Amzn-SageMaker-Custom-Attributes: a\r\n"));
  EXPECT_TRUE(heard.ends_with("\r\n\r\n1,2"));

  instance_.Say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
  caller.exchange.GoOn(WhyResumed::kWoken);
  EXPECT_EQ(caller.answers, 0);
  instance_.Say("llo");
  caller.exchange.GoOn(WhyResumed::kWoken);

  EXPECT_EQ(caller.answers, 1);
  EXPECT_EQ(caller.body, "hello");
  EXPECT_EQ(caller.exchange.response().headers.Get("x-Amzn-Invoked-Production-Variant"), "v");
}

TEST_F(RuntimeServiceTest, TheSecondInvocationNeedsNoWorker) {
  Caller first;
  AskAndConnect(first);
  instance_.Hear();
  instance_.Say(Ok("x"));
  first.exchange.GoOn(WhyResumed::kWoken);
  ASSERT_EQ(first.answers, 1);

  Caller second;
  Ask(second);

  EXPECT_EQ(second.exchange.wakes(), 0);
  EXPECT_GE(second.exchange.parked_on(), 0);
  EXPECT_EQ(instance_.dials(), 1);
}

TEST_F(RuntimeServiceTest, AContainerThatTakesTooLongIsAModelError) {
  Caller caller;
  AskAndConnect(caller);

  caller.exchange.GoOn(WhyResumed::kTimeIsUp);

  ASSERT_TRUE(caller.error);
  EXPECT_EQ(caller.error->code, "ModelError");
  EXPECT_EQ(caller.error->http_status, 424);
  EXPECT_THAT(caller.error->message, HasSubstr("timed out"));
}

TEST_F(RuntimeServiceTest, AContainersErrorIsAModelErrorWithItsWords) {
  Caller caller;
  AskAndConnect(caller);
  instance_.Say("HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nbad");

  caller.exchange.GoOn(WhyResumed::kWoken);

  ASSERT_TRUE(caller.error);
  EXPECT_EQ(caller.error->extra.GetString("OriginalMessage"), "bad");
}

TEST_F(RuntimeServiceTest, AnInstanceThatDiesUnderWayIsUnavailable) {
  Caller caller;
  AskAndConnect(caller);
  instance_.HangUp();

  caller.exchange.GoOn(WhyResumed::kWoken);

  ASSERT_TRUE(caller.error);
  EXPECT_EQ(caller.error->code, "ServiceUnavailable");
}

TEST_F(RuntimeServiceTest, AnInstanceThatCannotBeReachedIsUnavailable) {
  instance_.Vanish();
  Caller caller;

  AskAndConnect(caller);

  ASSERT_TRUE(caller.error);
  EXPECT_EQ(caller.error->http_status, 503);
}

TEST_F(RuntimeServiceTest, ACallerWhoHalfClosesIsStillAnswered) {
  Caller caller;
  AskAndConnect(caller);

  caller.exchange.GoOn(WhyResumed::kClientClosed);
  instance_.Hear();
  instance_.Say(Ok("x"));
  caller.exchange.GoOn(WhyResumed::kWoken);

  EXPECT_EQ(caller.body, "x");
}

TEST_F(RuntimeServiceTest, ACallerWhoIsLostTakesTheCallAlong) {
  {
    Caller caller;
    AskAndConnect(caller);
    instance_.Hear();
  }

  EXPECT_TRUE(instance_.IsHungUp());
}

TEST_F(RuntimeServiceTest, TooManyAtATimeAreThrottledUntilOneIsGone) {
  std::list<Caller> callers;
  for (int i = 0; i < 512; ++i) Ask(callers.emplace_back());
  Caller late;
  Ask(late);
  ASSERT_TRUE(late.error);
  EXPECT_EQ(late.error->code, "ThrottlingException");
  EXPECT_EQ(late.error->http_status, 429);

  callers.pop_front();

  Caller again;
  Ask(again);
  EXPECT_FALSE(again.error);
  EXPECT_TRUE(again.exchange.parked());
}

TEST_F(RuntimeServiceTest, AnswersTakeOfTheMemoryThatThereIs) {
  service_ = MakeRuntimeService(*router_, records_, metrics_, {.payload_bytes = 100'000});
  Caller caller;
  AskAndConnect(caller);
  instance_.Hear();
  instance_.Say("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + std::string(50'000, 'x'));
  caller.exchange.GoOn(WhyResumed::kWoken);
  EXPECT_EQ(caller.answers, 0);
  Caller other;
  Ask(other, std::string(40'000, 'x'));
  ASSERT_TRUE(other.error);
  EXPECT_EQ(other.error->code, "ThrottlingException");

  instance_.Say(std::string(90'000, 'x'));
  caller.exchange.GoOn(WhyResumed::kWoken);

  ASSERT_TRUE(caller.error);
  EXPECT_EQ(caller.error->code, "ThrottlingException");
}

TEST_F(RuntimeServiceTest, AnAnswerBeyondTheQuotaIsAModelError) {
  Caller caller;
  AskAndConnect(caller);
  instance_.Say("HTTP/1.1 200 OK\r\nContent-Length: 25000001\r\n\r\n");

  caller.exchange.GoOn(WhyResumed::kWoken);

  ASSERT_TRUE(caller.error);
  EXPECT_EQ(caller.error->code, "ModelError");
  EXPECT_THAT(caller.error->message, HasSubstr("exceeds the limit of 25000000 bytes"));
}

TEST_F(RuntimeServiceTest, OfAContainersErrorNoMoreIsLookedAtThanShown) {
  const auto told = [this](const std::string& body) {
    Caller caller;
    AskAndConnect(caller);
    instance_.Say("HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body);
    caller.exchange.GoOn(WhyResumed::kWoken);
    return caller.error ? caller.error->extra.GetString("OriginalMessage") : "";
  };

  EXPECT_EQ(told(std::string(5000, 'a') + "\xff"), std::string(4096, 'a'));
  EXPECT_EQ(told("\xff"), "(1 bytes that are no text)");
  EXPECT_EQ(told(std::string(5000, '\x80')), "(5000 bytes that are no text)");
}

TEST_F(RuntimeServiceTest, AVariantHasOneModelAndWhoNamesAnotherIsRefused) {
  const auto refusal = [this](const char* endpoint, const char* member) {
    Caller caller;
    Ask(caller, "1,2", Json::Object({{"EndpointName", endpoint}, {member, "x"}}));
    return caller.error ? caller.error->message : "taken";
  };

  EXPECT_THAT(refusal("e", "InferenceComponentName"),
              StartsWith("Inference Component Name header is not allowed for endpoints"));
  EXPECT_THAT(refusal("e", "TargetModel"), StartsWith("TargetModel is for multi-model endpoints"));
  EXPECT_THAT(refusal("e", "TargetContainerHostname"), HasSubstr("endpoint e has one container"));
  EXPECT_THAT(refusal("e", "EnableExplanations"), HasSubstr("ExplainerConfig"));
  EXPECT_EQ(refusal("none", "TargetModel"), "Endpoint none of account 1 not found.");
  EXPECT_EQ(refusal("e", "SessionId"), "taken");
}

TEST_F(RuntimeServiceTest, BodiesBeyondTheQuotaAreRefusedInAwsWords) {
  Caller caller;

  Ask(caller, std::string(25'000'001, 'x'));

  ASSERT_TRUE(caller.error);
  EXPECT_EQ(caller.error->http_status, 413);
  EXPECT_THAT(caller.error->message, HasSubstr("exceeds the limit of 25000000 bytes"));
}

}  // namespace
}  // namespace sagebrush::services
