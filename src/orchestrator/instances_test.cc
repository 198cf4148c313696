// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::orchestrator {
namespace {

using ::testing::ElementsAre;

class InstancesTest : public ::testing::Test {
 protected:
  InstancesTest()
      : folder_(TempFolder::Create().value()),
        database_(
            metastore::Database::Open(folder_.path() / "records.db", metastore::kRecordMigrations)
                .value()),
        records_(metastore::RecordStore::Create(*database_)),
        instances_(*records_, Clock::System()) {
    Instance instance;
    instance.id = "i-1";
    EXPECT_TRUE(records_->Commit({instances_.InsertWrite(instance)}).ok());
  }
  void Report(int number, const std::string& phase) {
    EXPECT_TRUE(instances_
                    .AddReport("i-1", {.number = number,
                                       .at = FromMillis(number * 1000),
                                       .phase = phase,
                                       .message = {},
                                       .failure = {},
                                       .exit_code = 0})
                    .ok());
  }
  std::vector<std::string> Reports() {
    std::vector<std::string> texts;
    const Instance instance = instances_.Get("i-1").value();
    for (const auto& report : instance.reports)
      texts.push_back(std::to_string(report.number) + " " + report.phase + " " +
                      std::to_string(ToMillis(report.at)));
    return texts;
  }

  TempFolder folder_;
  std::unique_ptr<metastore::Database> database_;
  std::unique_ptr<metastore::RecordStore> records_;
  Instances instances_;
};

TEST_F(InstancesTest, AReportThatIsSentAgainIsKeptOnce) {
  Report(1, "Downloading");
  Report(2, "Training");
  Report(1, "Downloading");
  Report(2, "Training");

  EXPECT_THAT(Reports(), ElementsAre("1 Downloading 1000", "2 Training 2000"));
}

TEST_F(InstancesTest, ADownloadsProgressStaysOneReportWithItsFirstTime) {
  for (int number = 1; number <= 20; ++number) Report(number, "Downloading");
  Report(21, "Training");

  EXPECT_THAT(Reports(), ElementsAre("20 Downloading 1000", "21 Training 21000"));
}

}  // namespace
}  // namespace sagebrush::orchestrator
