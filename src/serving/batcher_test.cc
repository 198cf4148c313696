// SPDX-License-Identifier: Apache-2.0
#include "serving/batcher.h"

#include <functional>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <latch>
#include <mutex>
#include <thread>

#include "serving/batch_policy.h"
#include "serving/testdata/fake_model.h"
#include "testing/fake_clock.h"

namespace sagebrush::serving {
namespace {

using ::testing::ElementsAre;

const SteadyTime kNow{std::chrono::seconds(100)};
const SteadyTime kLater = kNow + std::chrono::seconds(1);

TEST(BatchPolicy, LoneRequestRunsAtOnce) {
  const std::vector<WaitingRequest> queue = {{"k", 1, kLater}};

  EXPECT_EQ(PlanBatch(queue, kNow, 32), (BatchPlan{{0}, {}}));
}

TEST(BatchPolicy, RequestsOfTheOldestsKindAreJoinedUpToTheLimit) {
  const std::vector<WaitingRequest> queue = {
      {"a", 3, kLater}, {"b", 1, kLater}, {"a", 2, kLater}, {"a", 2, kLater}, {"a", 1, kLater}};

  EXPECT_EQ(PlanBatch(queue, kNow, 6), (BatchPlan{{0, 2, 4}, {}}));
}

TEST(BatchPolicy, LargeRequestRunsAloneAndWhole) {
  const std::vector<WaitingRequest> queue = {{"a", 100, kLater}, {"a", 1, kLater}};

  EXPECT_EQ(PlanBatch(queue, kNow, 32), (BatchPlan{{0}, {}}));
}

TEST(BatchPolicy, RequestsWithoutAKindAreNeverJoined) {
  const std::vector<WaitingRequest> queue = {{"", 1, kLater}, {"", 1, kLater}};

  EXPECT_EQ(PlanBatch(queue, kNow, 32), (BatchPlan{{0}, {}}));
}

TEST(BatchPolicy, ExpiredRequestsAreNotRun) {
  const std::vector<WaitingRequest> queue = {{"a", 1, kNow}, {"a", 1, kLater}, {"a", 1, kNow}};

  EXPECT_EQ(PlanBatch(queue, kNow, 32), (BatchPlan{{1}, {0, 2}}));
  EXPECT_EQ(PlanBatch({}, kNow, 32), BatchPlan{});
}

using Answer = Result<std::vector<Tensor>>;

// A model whose first run waits until it is let go, so that a test decides what piles up meanwhile.
class BatcherTest : public ::testing::Test {
 protected:
  BatcherTest()
      : model_({OneToOne(DataType::kFloat, {-1, 1}), OneToOne(DataType::kFloat, {1, 1}, "fixed")},
               [this](std::size_t, const std::vector<Tensor>& inputs) { return Run(inputs); }) {}
  ~BatcherTest() override {
    if (!go_on_.try_wait()) go_on_.count_down();
  }

  void Start(BatcherOptions options = {}) { batcher_ = Batcher::Create(model_, options, clock_); }
  std::future<Answer> Send(float value, std::size_t signature = 0) {
    return std::async(std::launch::async, [=, this] {
      return batcher_->Run(signature, {Floats({1, 1}, {value})});
    });
  }
  // One request runs and is held; the others, sent after it, all wait.
  std::vector<std::future<Answer>> SendAndHold(std::size_t others, std::size_t signature = 0) {
    std::vector<std::future<Answer>> sent;
    sent.push_back(Send(0, signature));
    begun_.wait();
    for (std::size_t i = 1; i <= others; ++i) {
      sent.push_back(Send(static_cast<float>(i), signature));
      while (batcher_->waiting() < i) std::this_thread::yield();
    }
    return sent;
  }
  std::vector<std::int64_t> runs() {
    const std::lock_guard lock(mutex_);
    return runs_;
  }

  testing::FakeClock clock_;
  std::latch begun_{1};
  std::latch go_on_{1};
  std::function<Answer(const std::vector<Tensor>&)> answer_;  // set before Start; null: echo

 private:
  Answer Run(const std::vector<Tensor>& inputs) {
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      is_first = runs_.empty();
      runs_.push_back(inputs[0].shape[0]);
    }
    if (is_first) {
      begun_.count_down();
      go_on_.wait();
    }
    return answer_ ? answer_(inputs) : Answer(inputs);
  }

  std::mutex mutex_;  // guards runs_
  std::vector<std::int64_t> runs_;
  FakeModel model_;

 protected:
  std::unique_ptr<Batcher> batcher_;  // goes before the model
};

TEST_F(BatcherTest, RequestsThatPiledUpRunTogetherAndGetTheirOwnRows) {
  Start();
  auto sent = SendAndHold(5);

  go_on_.count_down();

  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_THAT(*sent[i].get(), ElementsAre(Floats({1, 1}, {static_cast<float>(i)})));
  }
  EXPECT_THAT(runs(), ElementsAre(1, 5));
}

TEST_F(BatcherTest, LimitOfRowsHolds) {
  Start({.max_rows = 2});
  auto sent = SendAndHold(5);

  go_on_.count_down();

  for (auto& one : sent) EXPECT_TRUE(one.get().ok());
  EXPECT_THAT(runs(), ElementsAre(1, 2, 2, 1));
}

TEST_F(BatcherTest, SignatureWithAFixedFirstDimensionIsNeverJoined) {
  Start();
  auto sent = SendAndHold(2, /*signature=*/1);

  go_on_.count_down();

  for (auto& one : sent) EXPECT_TRUE(one.get().ok());
  EXPECT_THAT(runs(), ElementsAre(1, 1, 1));
}

TEST_F(BatcherTest, OneBadRowDoesNotFailItsNeighbours) {
  answer_ = [](const std::vector<Tensor>& inputs) -> Answer {
    for (std::size_t i = 0; i < static_cast<std::size_t>(inputs[0].shape[0]); ++i) {
      if (inputs[0].At<float>(i) == 2) return InvalidArgument("two is bad");
    }
    return inputs;
  };
  Start();
  auto sent = SendAndHold(3);

  go_on_.count_down();

  EXPECT_TRUE(sent[1].get().ok());
  EXPECT_EQ(sent[2].get().status().message(), "two is bad");
  EXPECT_TRUE(sent[3].get().ok());
}

TEST_F(BatcherTest, OutputWithoutARowForEachRowIsNotCutAndNotJoinedAgain) {
  answer_ = [](const std::vector<Tensor>&) -> Answer {
    return std::vector<Tensor>{Floats({1, 1}, {42})};
  };
  Start();
  auto sent = SendAndHold(3);

  go_on_.count_down();

  for (auto& one : sent) EXPECT_THAT(*one.get(), ElementsAre(Floats({1, 1}, {42})));
  EXPECT_THAT(runs(), ElementsAre(1, 3, 1, 1, 1));
}

TEST_F(BatcherTest, FullQueueRefusesAtOnce) {
  Start({.max_waiting = 2});
  auto sent = SendAndHold(2);

  EXPECT_EQ(batcher_->Run(0, {Floats({1, 1}, {9})}).status().code(), Code::kResourceExhausted);

  go_on_.count_down();
}

TEST_F(BatcherTest, RequestsPastTheirDeadlineAreNotRun) {
  Start({.deadline = std::chrono::seconds(30)});
  auto sent = SendAndHold(2);

  clock_.Advance(std::chrono::seconds(31));
  go_on_.count_down();

  EXPECT_TRUE(sent[0].get().ok());
  EXPECT_EQ(sent[1].get().status().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(sent[2].get().status().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(runs(), ElementsAre(1));
}

TEST_F(BatcherTest, StopFailsWhatWaitsAndFinishesWhatRuns) {
  Start();
  auto sent = SendAndHold(1);
  auto stopped = std::async(std::launch::async, [this] { batcher_->Stop(); });

  EXPECT_EQ(sent[1].get().status().code(), Code::kCancelled);
  EXPECT_EQ(batcher_->Run(0, {Floats({1, 1}, {2})}).status().code(), Code::kCancelled);
  go_on_.count_down();

  stopped.get();
  EXPECT_TRUE(sent[0].get().ok());
}

}  // namespace
}  // namespace sagebrush::serving
