// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/changed_records.h"

#include <gtest/gtest.h>

#include "testing/memory_record_store.h"

namespace sagebrush::orchestrator {
namespace {

using metastore::Key;
using metastore::Record;

class ChangedRecordsTest : public ::testing::Test {
 protected:
  void Insert(const std::string& kind, const std::string& name, const std::string& status) {
    Record record;
    record.key = {kind, "s", name};
    record.status = status;
    ASSERT_TRUE(records_.Insert(record).ok());
  }
  void Move(const std::string& name, const std::string& status) {
    Record record = records_.Get({"job", "s", name}).value();
    record.status = status;
    ASSERT_TRUE(records_.Update(record).ok());
  }
  // "a:InProgress b:-"
  std::string Take() {
    std::string text;
    auto taken = changed_.Take();
    EXPECT_TRUE(taken.ok());
    for (const auto& [key, record] : *taken)
      text += (text.empty() ? "" : " ") + key.name + ":" + (record ? record->status : "-");
    return text;
  }

  sagebrush::testing::MemoryRecordStore records_;
  ChangedRecords changed_{records_, "job", {"InProgress", "Stopping"}};
};

TEST_F(ChangedRecordsTest, TheFirstTimeTellsAllThatAreUnfinishedWheneverTheyWereMade) {
  Insert("job", "a", "InProgress");
  Insert("job", "b", "Completed");
  Insert("model", "m", "InProgress");

  EXPECT_EQ(Take(), "a:InProgress");
  EXPECT_EQ(Take(), "");
}

TEST_F(ChangedRecordsTest, ThenOnlyWhatHasChanged) {
  for (const char* name : {"a", "b", "c"}) Insert("job", name, "InProgress");
  ASSERT_EQ(Take(), "a:InProgress b:InProgress c:InProgress");

  Move("a", "Stopping");
  Move("b", "Failed");
  ASSERT_TRUE(records_.Delete({"job", "s", "c"}).ok());
  Insert("job", "d", "InProgress");
  Insert("model", "m", "InProgress");

  EXPECT_EQ(Take(), "a:Stopping b:- c:- d:InProgress");
  EXPECT_EQ(Take(), "");
}

TEST_F(ChangedRecordsTest, WhatIsGivenBackIsReadAgainThoughItHasNotChanged) {
  for (const char* name : {"a", "b"}) Insert("job", name, "InProgress");
  ASSERT_EQ(Take(), "a:InProgress b:InProgress");

  changed_.Again({"job", "s", "a"});

  EXPECT_EQ(Take(), "a:InProgress");
  EXPECT_EQ(Take(), "");
}

}  // namespace
}  // namespace sagebrush::orchestrator
