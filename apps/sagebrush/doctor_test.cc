// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/doctor.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "http/listening.h"

namespace sagebrush::apps {
namespace {

using Level = Finding::Level;

class ExaminePortTest : public ::testing::Test {
 protected:
  Finding At(const std::string& address, int port) {
    ServerOptions options;
    options.address = address;
    options.port = port;
    options.data_folder = folder_.path();
    return ExaminePort(options);
  }
  TempFolder folder_ = TempFolder::Create().value();
};

TEST_F(ExaminePortTest, AFreeOneIsFineByAddressAndByName) {
  for (const char* address : {"127.0.0.1", "localhost", "0.0.0.0"})
    EXPECT_EQ(At(address, 0).level, Level::kOk) << address;
  EXPECT_EQ(At("127.0.0.1", 0).what, "127.0.0.1:0 is free");
}

TEST_F(ExaminePortTest, ATakenOneIsAProblemByAddressAndByName) {
  const UniqueFd taken = http::BindTcp("127.0.0.1", 0).value();
  const int port = http::PortOf(taken.get()).value();

  for (const char* address : {"127.0.0.1", "0.0.0.0"}) {
    const Finding found = At(address, port);
    EXPECT_EQ(found.level, Level::kProblem) << address;
    EXPECT_NE(found.what.find(":" + std::to_string(port)), std::string::npos) << found.what;
    ASSERT_EQ(found.remedies.size(), 2U);
    EXPECT_NE(found.remedies[0].find("ss -ltnp"), std::string::npos);
  }
}

TEST_F(ExaminePortTest, Ipv6IsLookedAtToo) {
  const auto taken = http::BindTcp("::1", 0);
  if (!taken.ok()) GTEST_SKIP() << "no IPv6 here";
  const int port = http::PortOf(taken->get()).value();

  EXPECT_EQ(At("::1", 0).what, "[::1]:0 is free");
  const Finding found = At("::1", port);
  EXPECT_EQ(found.level, Level::kProblem);
  EXPECT_NE(found.what.find("[::1]:" + std::to_string(port)), std::string::npos) << found.what;
}

TEST_F(ExaminePortTest, AnAddressThatIsNotThisMachinesIsAProblem) {
  EXPECT_EQ(At("192.0.2.1", 0).level, Level::kProblem);
  EXPECT_EQ(At("no-such-host.invalid", 0).level, Level::kProblem);
}

TEST_F(ExaminePortTest, ThatOfTheDataFoldersOwnServerIsFine) {
  const UniqueFd taken = http::BindTcp("127.0.0.1", 0).value();
  const int port = http::PortOf(taken.get()).value();
  const std::string address = "127.0.0.1:" + std::to_string(port);
  ASSERT_TRUE(
      WriteFile(folder_.path() / "server.json", R"({"address":"http://)" + address + "\"}").ok());

  EXPECT_EQ(At("127.0.0.1", port).level, Level::kProblem);  // it has stopped, and somebody came
  const auto lock = FileLock::Acquire(folder_.path() / "lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(At("127.0.0.1", port).what, "this data folder's server listens on " + address);
}

class ExamineUsersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Temporary folders are their owner's alone.
    fs::permissions(folder_.path(), fs::perms(0755));
    for (const char* name : {"programs", "kit", "home"}) {
      fs::create_directory(folder_.path() / name);
      fs::permissions(folder_.path() / name, fs::perms(0755));
    }
    options_.isolation = orchestrator::Isolation::kNone;
    options_.programs_folder = folder_.path() / "programs";
    options_.kit_folder = folder_.path() / "kit";
    options_.cache_folder = folder_.path() / "home/.cache/sagebrush";  // to be made
    const auto found = ExamineUsers(options_, true);
    if (found->level != Level::kOk) GTEST_SKIP() << "temporary folders lie in a closed one";
  }
  TempFolder folder_ = TempFolder::Create().value();
  ServerOptions options_;
};

TEST_F(ExamineUsersTest, WhereAllMayEnterInstancesHaveUsersOfTheirOwn) {
  EXPECT_EQ(ExamineUsers(options_, true)->what, "every instance runs as a user of its own");
}

TEST_F(ExamineUsersTest, ACacheInAClosedHomeIsToldWithThePlaceToChoose) {
  fs::permissions(folder_.path() / "home", fs::perms(0700));

  const auto found = ExamineUsers(options_, true);

  EXPECT_EQ(found->level, Level::kWarning);
  EXPECT_NE(found->what.find("only root may enter " + (folder_.path() / "home").string()),
            std::string::npos)
      << found->what;
  EXPECT_EQ(found->remedies.front(),
            "give the cache another place: SAGEBRUSH_CACHE=/var/cache/sagebrush");
}

TEST_F(ExamineUsersTest, ALinkIntoAClosedFolderIsFollowed) {
  fs::create_directories(folder_.path() / "home/checkout/bin");
  fs::create_directory_symlink(folder_.path() / "home/checkout/bin", folder_.path() / "bin");
  options_.programs_folder = folder_.path() / "bin";
  options_.cache_folder = folder_.path() / "kit";
  EXPECT_EQ(ExamineUsers(options_, true)->level, Level::kOk);

  fs::permissions(folder_.path() / "home", fs::perms(0700));

  EXPECT_EQ(ExamineUsers(options_, true)->level, Level::kWarning);
}

TEST_F(ExamineUsersTest, ItIsNoQuestionInSandboxesAndForOrdinaryUsers) {
  fs::permissions(folder_.path() / "home", fs::perms(0700));

  EXPECT_EQ(ExamineUsers(options_, false), std::nullopt);
  options_.isolation = orchestrator::Isolation::kSandbox;
  EXPECT_EQ(ExamineUsers(options_, true), std::nullopt);
}

}  // namespace
}  // namespace sagebrush::apps
