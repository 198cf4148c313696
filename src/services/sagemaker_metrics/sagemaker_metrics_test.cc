// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <thread>

#include "base/file.h"
#include "orchestrator/controller.h"
#include "services/sagemaker_metrics/instance_metrics.h"
#include "services/sagemaker_metrics/invocation_metrics.h"
#include "services/sagemaker_metrics/job_metrics.h"
#include "services/sagemaker_metrics/metric_flusher.h"
#include "testing/fake_clock.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services::sagemaker_metrics {
namespace {

constexpr char kScope[] = "123456789012/us-west-2";

class SageMakerMetricsTest : public ::testing::Test {
 protected:
  static metastore::Key JobKey(const std::string& name) {
    return {orchestrator::kTrainingJobKind, kScope, name};
  }

  // An instance of a new job with these definitions.
  orchestrator::Instance NewJob(const std::string& name, const std::string& definitions) {
    metastore::Record record;
    record.key = JobKey(name);
    record.document = Json::Parse(R"({"request":{"AlgorithmSpecification":{"MetricDefinitions":)" +
                                  definitions + "}}}")
                          .value();
    EXPECT_TRUE(records_.Insert(record).ok());
    orchestrator::Instance instance;
    instance.id = "i-" + name;
    instance.owner = record.key;
    instance.host = "algo-1";
    instance.memory_bytes = 1000;
    return instance;
  }

  // As the server does with a batch of lines, between the log store and the acknowledgement.
  static Status Look(JobMetrics& metrics, const orchestrator::Instance& instance,
                     std::int64_t first, const std::vector<JobMetrics::Line>& lines) {
    ASSIGN_OR_RETURN(auto found, metrics.Find(instance, first, lines));
    return metrics.Keep(instance, std::move(found));
  }

  std::int64_t now() const { return ToMillis(clock_.Now()); }

  // The lines' values, all together.
  metricstore::Summary Total(const metricstore::Metric& metric) {
    metricstore::Summary total;
    const metricstore::ReadRequest request{.metric = metric,
                                           .unit = {},
                                           .start_s = now() / 1000 - 7200,
                                           .end_s = now() / 1000 + 7200,
                                           .period_s = 60,
                                           .by_unit = false,
                                           .with_values = true};
    const auto points = store_->Read(kScope, request).value();
    for (const auto& point : points) total.Add(point.summary);
    return total;
  }
  metricstore::Summary Loss(const std::string& job) {
    return Total({kTrainingNamespace, "loss", {{"TrainingJobName", job}}});
  }

  TempFolder folder_ = TempFolder::Create("metrics").value();
  testing::FakeClock clock_;
  testing::MemoryRecordStore records_;
  std::unique_ptr<metricstore::MetricStore> store_ =
      metricstore::MetricStore::Open(folder_.path(), clock_).value();
  JobMetrics metrics_{records_, *store_, clock_};
};

constexpr char kLoss[] = R"json([{"Name":"loss","Regex":"loss=(\\d+)"}])json";

TEST_F(SageMakerMetricsTest, ALineCountsOnceHoweverOftenItComes) {
  const auto job = NewJob("a", kLoss);
  const std::vector<JobMetrics::Line> lines = {{now(), "loss=1"}, {now(), "-"}, {now(), "loss=4"}};

  ASSERT_TRUE(Look(metrics_, job, 1, lines).ok());
  ASSERT_TRUE(Look(metrics_, job, 1, lines).ok());
  ASSERT_TRUE(Look(metrics_, job, 3, {{now(), "loss=4"}, {now(), "loss=7"}}).ok());

  EXPECT_EQ(Loss("a").samples(), 3);
  EXPECT_EQ(Loss("a").sum(), 12);
}

TEST_F(SageMakerMetricsTest, ABatchTakesRoomForItsSecondsAndTellsTheNewestValue) {
  const auto job = NewJob("a", kLoss);
  std::vector<JobMetrics::Line> lines(5000, {now(), "loss=1 loss=2"});
  lines.push_back({now(), "loss=9"});

  auto found = metrics_.Find(job, 1, lines).value();

  EXPECT_EQ(found.items.size(), 2u);
  ASSERT_TRUE(metrics_.Keep(job, std::move(found)).ok());
  EXPECT_EQ(Loss("a").samples(), 10'001);
  EXPECT_EQ(Loss("a").sum(), 15'009);
  const auto final_metrics = metrics_.FinalMetrics(kScope, "a", {{"loss", ""}}).value();
  EXPECT_EQ(final_metrics.AsArray()[0].Find("Value")->Dump(), "9.0");
}

TEST_F(SageMakerMetricsTest, OfTwoBatchesAtATimeOneIsSentAgain) {
  const auto job = NewJob("a", kLoss);
  auto late = metrics_.Find(job, 1, {{now(), "loss=1"}, {now(), "loss=2"}}).value();
  ASSERT_TRUE(Look(metrics_, job, 1, {{now(), "loss=1"}}).ok());

  EXPECT_EQ(metrics_.Keep(job, std::move(late)).code(), Code::kUnavailable);
  ASSERT_TRUE(Look(metrics_, job, 1, {{now(), "loss=1"}, {now(), "loss=2"}}).ok());
  EXPECT_EQ(Loss("a").sum(), 3);
}

// The log has lines that a crash kept from being looked at: the agent must send those again.
TEST_F(SageMakerMetricsTest, WhatTheLogHasAndNobodyLookedAtIsAskedForAgain) {
  const auto job = NewJob("a", kLoss);
  const auto plain = NewJob("b", "[]");
  ASSERT_TRUE(Look(metrics_, job, 1, {{now(), "loss=1"}, {now(), "loss=2"}}).ok());
  JobMetrics after_restart(records_, *store_, clock_);

  EXPECT_EQ(after_restart.LinesDone(job, 5).value(), 2);
  EXPECT_EQ(after_restart.LinesDone(plain, 5).value(), 5);
  ASSERT_TRUE(
      Look(after_restart, job, 2, {{now(), "loss=2"}, {now(), "-"}, {now(), "loss=3"}}).ok());
  EXPECT_EQ(Loss("a").samples(), 3);
  EXPECT_EQ(after_restart.LinesDone(job, 5).value(), 4);
}

TEST_F(SageMakerMetricsTest, ValuesStandAtTheirLinesTimeAndOddTimesAreDropped) {
  const auto job = NewJob("a", kLoss);

  ASSERT_TRUE(Look(metrics_, job, 1,
                   {{now() - 3'600'000, "loss=1"},
                    {now() - 30LL * 86'400'000, "loss=2"},
                    {now() + 86'400'000, "loss=3"},
                    {INT64_MAX, "loss=4"}})
                  .ok());

  EXPECT_EQ(Loss("a").samples(), 1);
  const auto found =
      store_->Find(kScope, {kTrainingNamespace, "loss", {{"TrainingJobName", "a"}}}).value();
  EXPECT_EQ(found->last_at_ms, now() - 3'600'000);
}

TEST_F(SageMakerMetricsTest, FinalMetricsAreTheLastValues) {
  const auto job = NewJob("a", R"json([{"Name":"loss","Regex":"loss=(\\d+)"},
                                       {"Name":"never","Regex":"never=(\\d+)"}])json");
  ASSERT_TRUE(
      Look(metrics_, job, 1, {{now(), "loss=9"}, {now() + 500, "loss=3"}, {now() + 900, "-"}})
          .ok());

  EXPECT_EQ(metrics_.FinalMetrics(kScope, "a", {{"loss", ""}, {"never", ""}}).value(),
            Json::Array({Json::Object({{"MetricName", "loss"},
                                       {"Value", 3.0},
                                       {"Timestamp", static_cast<double>(now() + 500) / 1000}})}));
  EXPECT_TRUE(metrics_.FinalMetrics(kScope, "b", {{"loss", ""}}).value().is_null());
}

TEST_F(SageMakerMetricsTest, InstancesOfJobsAndEndpointsHaveAwssNames) {
  const orchestrator::ResourceSample sample{
      .at = clock_.Now(), .cpu_percent = 150, .memory_bytes = 250, .disk_percent = 40};
  auto job = NewJob("a", "[]");
  orchestrator::Instance endpoint = job;
  endpoint.owner = {orchestrator::kEndpointKind, kScope, "plain"};
  endpoint.variant = "AllTraffic";

  const auto of_job = DataOfSample(job, sample);
  const auto of_endpoint = DataOfSample(endpoint, sample);

  ASSERT_EQ(of_job.size(), 3u);
  EXPECT_EQ(of_job[0].metric.name_space, "/aws/sagemaker/TrainingJobs");
  EXPECT_EQ(of_job[0].metric.dimensions,
            (std::vector<metricstore::Dimension>{{"Host", "a/algo-1"}}));
  EXPECT_EQ(of_job[0].metric.name, "CPUUtilization");
  EXPECT_EQ(of_job[0].summary.sum(), 150);
  EXPECT_EQ(of_job[1].metric.name, "MemoryUtilization");
  EXPECT_EQ(of_job[1].summary.sum(), 25);
  EXPECT_EQ(of_job[2].metric.name, "DiskUtilization");
  EXPECT_EQ(of_job[2].summary.sum(), 40);
  EXPECT_EQ(of_endpoint[0].metric.name_space, "/aws/sagemaker/Endpoints");
  EXPECT_EQ(of_endpoint[0].metric.dimensions,
            (std::vector<metricstore::Dimension>{{"EndpointName", "plain"},
                                                 {"VariantName", "AllTraffic"}}));
}

TEST_F(SageMakerMetricsTest, InvocationsAreCountedInMemoryAndKeptByAFlush) {
  InvocationMetrics invocations(clock_);
  const auto record = [&](int status, int microseconds) {
    invocations.Record({.scope = kScope,
                        .endpoint = "e",
                        .variant = "v",
                        .model_status = status,
                        .instances = 2,
                        .model_latency = std::chrono::microseconds(microseconds),
                        .overhead = std::chrono::microseconds(50)});
  };
  for (int i = 1; i <= 10; ++i) record(200, i * 100);
  record(400, 1);
  record(503, 1);
  const auto total = [&](const char* name) {
    return Total({"AWS/SageMaker", name, {{"EndpointName", "e"}, {"VariantName", "v"}}});
  };
  EXPECT_EQ(total("Invocations").samples(), 0);

  ASSERT_TRUE(invocations.Flush(*store_).ok());
  ASSERT_TRUE(invocations.Flush(*store_).ok());  // nothing twice

  EXPECT_EQ(total("Invocations").sum(), 12);
  EXPECT_EQ(total("Invocation4XXErrors").sum(), 1);
  EXPECT_EQ(total("Invocation4XXErrors").samples(), 12);
  EXPECT_EQ(total("Invocation5XXErrors").sum(), 1);
  EXPECT_EQ(total("InvocationModelErrors").sum(), 2);
  EXPECT_EQ(total("InvocationsPerInstance").sum(), 6);
  EXPECT_EQ(total("ModelLatency").maximum(), 1000);
  EXPECT_EQ(total("ModelLatency").Percentile(50), 400);
  EXPECT_EQ(total("OverheadLatency").Average(), 50);
}

TEST_F(SageMakerMetricsTest, ManyInvocationsTakeLittleRoomAndTheirEndIsFlushedByStop) {
  InvocationMetrics invocations(clock_);
  MetricFlusher flusher(invocations, *store_);
  flusher.Start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i)
        invocations.Record({.scope = kScope,
                            .endpoint = "e",
                            .variant = "v",
                            .model_latency = std::chrono::microseconds(i)});
    });
  for (auto& thread : threads) thread.join();

  flusher.Stop();
  invocations.Record({.scope = kScope,  // while the server let its last requests end
                      .endpoint = "e",
                      .variant = "v",
                      .model_latency = std::chrono::microseconds(1)});
  flusher.Stop();

  const auto latency =
      Total({"AWS/SageMaker", "ModelLatency", {{"EndpointName", "e"}, {"VariantName", "v"}}});
  EXPECT_EQ(latency.samples(), 40'001);
  EXPECT_NEAR(*latency.Percentile(90), 9000, 150);
}

}  // namespace
}  // namespace sagebrush::services::sagemaker_metrics
