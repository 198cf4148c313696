// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/process_backend.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "orchestrator/backends/process/instance_folder.h"

namespace sagebrush::orchestrator {
namespace {

class ProcessBackendTest : public ::testing::TestWithParam<Isolation> {
 protected:
  ProcessBackendTest() {
    // A keeper that keeps nothing: what is started before and around it is what is looked at.
    const auto keeper = temp_.path() / "keeper";
    EXPECT_TRUE(WriteFile(keeper, "#!/bin/sh\ncat > /dev/null\necho ok\n", 0755).ok());
    Open();
  }

  void Open() {
    const auto keeper = temp_.path() / "keeper";
    backend_ = MakeProcessBackend({.data_folder = temp_.path() / "data",
                                   .keeper = keeper,
                                   .agent = keeper,
                                   .ca_bundle = {},
                                   .cgroup_root = temp_.path() / "no-cgroups",
                                   .isolation = GetParam(),
                                   .open_root = temp_.path()})
                   .value();
  }

  TempFolder temp_ = TempFolder::Create().value();
  const InstanceSpec spec_ = {
      .id = "i-abcdefghijkl", .work_order = Json::Object(), .read_only = {}};
  std::unique_ptr<Backend> backend_;
};

TEST_P(ProcessBackendTest, WhatACrashBeganIsBegunAnew) {
  const auto folder = temp_.path() / "data/instances/i-abcdefghijkl";
  ASSERT_TRUE(MakeFolders(folder / "ml").ok());
  ASSERT_TRUE(WriteFile(folder / "uid", "4").ok());

  const Status started = backend_->Start(spec_);

  EXPECT_TRUE(started.ok()) << started.ToString();
  EXPECT_TRUE(backend_->Remove("i-abcdefghijkl").ok());
}

TEST_P(ProcessBackendTest, WhatHasRunIsNotStartedAgain) {
  const auto folder = temp_.path() / "data/instances/i-abcdefghijkl";
  ASSERT_TRUE(MakeFolders(folder).ok());
  ASSERT_TRUE(WriteFile(folder / "pid", "1").ok());

  const Status started = backend_->Start(spec_);

  EXPECT_EQ(started.code(), Code::kAlreadyExists) << started.ToString();
}

TEST_P(ProcessBackendTest, AnOpenFolderThatNoInstanceKnowsIsRemovedAtTheStart) {
  const auto instances = temp_.path() / "data/instances";
  const std::string prefix =
      OpenFolderPrefix(std::filesystem::canonical(temp_.path() / "data") / "instances");
  const auto lost = temp_.path() / (prefix + "i-lost"),
             forgotten = temp_.path() / (prefix + "i-forgotten"),
             known = temp_.path() / (prefix + "i-known"),
             others = temp_.path() / "sagebrush-0123456789ab-i-other",
             link = temp_.path() / (prefix + "i-link");
  for (const auto& folder : {lost, forgotten, known, others})
    ASSERT_TRUE(MakeFolders(folder / "ml").ok());
  std::filesystem::create_symlink(others, link);
  ASSERT_TRUE(MakeFolders(instances / "i-forgotten").ok());
  ASSERT_TRUE(MakeFolders(instances / "i-known").ok());
  ASSERT_TRUE(WriteFile(instances / "i-known/open-folder", known.string()).ok());

  Open();

  EXPECT_FALSE(std::filesystem::exists(lost));
  EXPECT_FALSE(std::filesystem::exists(forgotten));
  EXPECT_TRUE(std::filesystem::exists(known / "ml"));
  EXPECT_TRUE(std::filesystem::exists(others / "ml"));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

INSTANTIATE_TEST_SUITE_P(EachIsolation, ProcessBackendTest,
                         ::testing::Values(Isolation::kSandbox, Isolation::kNone),
                         [](const auto& info) { return std::string(IsolationName(info.param)); });

}  // namespace
}  // namespace sagebrush::orchestrator
