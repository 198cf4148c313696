// SPDX-License-Identifier: Apache-2.0
#include "services/held_answers.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/fake_exchange.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services {
namespace {

using http::WhyResumed;
using std::chrono::seconds;

const metastore::Key kKey{"job", "s", "j"};

// One operation that tells a record's status, held for 20 s while that is InProgress.
class HeldAnswersTest : public ::testing::Test {
 protected:
  HeldAnswersTest() {
    metastore::Record record;
    record.key = kKey;
    record.status = "InProgress";
    EXPECT_TRUE(records_.Insert(record).ok());
    operation_.document = [this](const RequestContext&, const Json&) -> aws::Outcome<Json> {
      ++asked_;
      const auto found = records_.Get(kKey);
      if (!found.ok()) return found.status();
      return Json::Object({{"Status", found->status}});
    };
    operation_.hold = [this](const RequestContext& context, const Json&,
                             const Json& result) -> std::optional<Hold> {
      if (result.GetString("Status") != "InProgress") return std::nullopt;
      return Hold{
          .until = context.now + seconds(20), .watch = [this](std::function<void()> changed) {
            return std::shared_ptr<void>(records_.watch().Subscribe(kKey, std::move(changed)));
          }};
    };
  }

  void Ask(testing::FakeExchange& exchange, HeldAnswers& answers) {
    RequestContext context;
    context.now = clock_.Now();
    answers.Answer(exchange, operation_, context, Json::Object(),
                   [](http::Exchange& to, const aws::Outcome<Json>& answer) {
                     (void)to.Send({.status = answer.ok() ? 200 : 400,
                                    .headers = {},
                                    .body = answer.ok() ? answer.value().GetString("Status") : ""});
                   });
  }
  void Become(const std::string& status) {
    auto record = records_.Get(kKey).value();
    record.status = status;
    ASSERT_TRUE(records_.Update(record).ok());
  }

  testing::FakeClock clock_;
  testing::MemoryRecordStore records_;
  Operation operation_;
  HeldAnswers answers_{clock_};
  testing::FakeExchange exchange_{http::Request{}, ""};
  int asked_ = 0;
};

TEST_F(HeldAnswersTest, AnAnswerThatNeedNotWaitIsSentAtOnce) {
  Become("Completed");
  Ask(exchange_, answers_);
  EXPECT_TRUE(exchange_.finished());
  EXPECT_EQ(asked_, 1);
}

TEST_F(HeldAnswersTest, AHeldAnswerTellsOfTheChangeThatEndedIt) {
  Ask(exchange_, answers_);
  ASSERT_TRUE(exchange_.parked());
  EXPECT_EQ(exchange_.parked_for(), seconds(20));
  EXPECT_EQ(exchange_.wakes(), 0);

  Become("Completed");
  EXPECT_EQ(exchange_.wakes(), 1);
  exchange_.GoOn(WhyResumed::kWoken);
  EXPECT_EQ(exchange_.response().body, "Completed");
  EXPECT_EQ(answers_.held(), 0);
}

TEST_F(HeldAnswersTest, AChangeThatDoesNotMatterHoldsItOnForTheRestOfItsTime) {
  Ask(exchange_, answers_);
  clock_.Advance(seconds(8));
  Become("InProgress");
  ASSERT_EQ(exchange_.wakes(), 1);
  exchange_.GoOn(WhyResumed::kWoken);

  ASSERT_TRUE(exchange_.parked());
  EXPECT_EQ(exchange_.parked_for(), seconds(12));
  clock_.Advance(seconds(12));
  exchange_.GoOn(WhyResumed::kTimeIsUp);
  EXPECT_EQ(exchange_.response().body, "InProgress");
}

TEST_F(HeldAnswersTest, WhoNoLongerListensOrAStoppingServerGetsWhatIsThere) {
  for (const auto why : {WhyResumed::kClientClosed, WhyResumed::kServerStops}) {
    testing::FakeExchange exchange{http::Request{}, ""};
    Ask(exchange, answers_);
    ASSERT_TRUE(exchange.parked());
    exchange.GoOn(why);
    EXPECT_EQ(exchange.response().body, "InProgress");
  }
  EXPECT_EQ(answers_.held(), 0);
}

TEST_F(HeldAnswersTest, AClientThatIsGoneLeavesNothingBehind) {
  {
    testing::FakeExchange exchange{http::Request{}, ""};
    Ask(exchange, answers_);
    EXPECT_EQ(answers_.held(), 1);
  }
  EXPECT_EQ(answers_.held(), 0);
  Become("Completed");  // and nobody is told
}

TEST_F(HeldAnswersTest, AChangeBetweenTheAskingAndTheWatchingIsNotMissed) {
  const auto ask = operation_.document;
  operation_.document = [this, ask](const RequestContext& context, const Json& input) {
    const auto answer = ask(context, input);
    if (asked_ == 1) Become("Completed");
    return answer;
  };
  Ask(exchange_, answers_);
  ASSERT_TRUE(exchange_.parked());
  EXPECT_EQ(exchange_.wakes(), 1);
}

TEST_F(HeldAnswersTest, ARecordThatIsGoneMeanwhileIsTheHandlersErrorToTell) {
  Ask(exchange_, answers_);
  ASSERT_TRUE(records_.Delete(kKey).ok());
  exchange_.GoOn(WhyResumed::kWoken);
  EXPECT_EQ(exchange_.response().status, 400);
}

TEST_F(HeldAnswersTest, BeyondItsBoundNothingIsHeld) {
  HeldAnswers few(clock_, 1);
  testing::FakeExchange first{http::Request{}, ""};
  Ask(first, few);
  Ask(exchange_, few);
  EXPECT_TRUE(first.parked());
  EXPECT_TRUE(exchange_.finished());
}

}  // namespace
}  // namespace sagebrush::services
