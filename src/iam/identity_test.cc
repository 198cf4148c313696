// SPDX-License-Identifier: Apache-2.0
#include "iam/identity.h"

#include <future>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "testing/fake_clock.h"

namespace sagebrush::iam {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class IdentityTest : public ::testing::Test {
 protected:
  std::unique_ptr<IdentityFiles> Start(AccountInfo wanted = {}) {
    auto files = IdentityFiles::LoadOrCreate(folder_.path() / "data", wanted, clock_);
    EXPECT_TRUE(files.ok()) << files.status().ToString();
    return std::move(files).value();
  }
  unsigned ModeOf(const char* name) {
    struct stat info {};
    EXPECT_EQ(::stat((folder_.path() / "data" / name).c_str(), &info), 0);
    return info.st_mode & 0777;
  }

  TempFolder folder_ = TempFolder::Create().value();
  testing::FakeClock clock_;
};

TEST(IsAccountId, IsTwelveDigits) {
  EXPECT_TRUE(IsAccountId("012345678901"));
  for (const char* text : {"", "12345678901", "1234567890123", "12345678901a", " 12345678901"})
    EXPECT_FALSE(IsAccountId(text)) << text;
}

TEST_F(IdentityTest, MakesFilesThatOnlyTheOwnerReads) {
  const auto files = Start();

  EXPECT_EQ(files->account().account, "123456789012");
  EXPECT_EQ(files->account().region, "us-west-2");
  EXPECT_EQ(files->account().execution_role_name, "AmazonSageMaker-ExecutionRole-20261124T201740");
  EXPECT_TRUE(files->account().execution_role_id.starts_with("AROA"));
  EXPECT_EQ(ModeOf("root-credentials"), 0600u);
  EXPECT_EQ(ModeOf("session.key"), 0600u);
  const std::string ini = ReadFile(folder_.path() / "data/root-credentials").value();
  EXPECT_NE(ini.find("[default]\naws_access_key_id = " + files->root_access_key()),
            std::string::npos);
}

TEST_F(IdentityTest, KeepsWhatTheFirstStartMade) {
  const auto first = Start({.account = "999999999999",
                            .region = "eu-west-1",
                            .execution_role_name = "",
                            .execution_role_id = ""});

  const auto second = Start();

  EXPECT_EQ(second->account().account, "999999999999");
  EXPECT_EQ(second->root_secret_key(), first->root_secret_key());
  EXPECT_EQ(second->account().execution_role_id, first->account().execution_role_id);
}

TEST_F(IdentityTest, FinishesAFirstStartThatWasCutShort) {
  const auto first = Start();
  ASSERT_TRUE(RemoveTree(folder_.path() / "data/account.json").ok());

  const auto second = Start();

  EXPECT_EQ(second->root_access_key(), first->root_access_key());
}

TEST_F(IdentityTest, AgreesWhenManyStartAtOnce) {
  std::vector<std::future<std::string>> keys;
  for (int i = 0; i < 8; ++i)
    keys.push_back(std::async(std::launch::async, [this] { return Start()->root_secret_key(); }));

  const std::string first = keys[0].get();
  for (std::size_t i = 1; i < keys.size(); ++i) EXPECT_EQ(keys[i].get(), first);
}

TEST_F(IdentityTest, SaysHowToStartAServerWhereNoneWas) {
  const auto files = IdentityFiles::Load(folder_.path() / "none", clock_);

  EXPECT_EQ(files.status().code(), Code::kNotFound);
  EXPECT_NE(files.status().message().find("sagebrush server --data-dir"), std::string::npos);
}

TEST_F(IdentityTest, RefusesAnAccountThatIsNone) {
  EXPECT_EQ(
      IdentityFiles::LoadOrCreate(
          folder_.path() / "data",
          {.account = "12", .region = "r", .execution_role_name = "", .execution_role_id = ""},
          clock_)
          .status()
          .code(),
      Code::kInvalidArgument);
}

TEST_F(IdentityTest, RefusesARegionThatNamesNone) {
  for (const char* region : {"", "xx", "us-west", "us--west-2", "US-WEST-2", "us-west-2 "})
    EXPECT_EQ(IdentityFiles::LoadOrCreate(folder_.path() / "data",
                                          {.account = "123456789012",
                                           .region = region,
                                           .execution_role_name = "",
                                           .execution_role_id = ""},
                                          clock_)
                  .status()
                  .code(),
              Code::kInvalidArgument)
        << region;
}

TEST_F(IdentityTest, NoticesDamagedFiles) {
  Start();
  ASSERT_TRUE(WriteFile(folder_.path() / "data/session.key", "short").ok());

  EXPECT_EQ(IdentityFiles::Load(folder_.path() / "data", clock_).status().code(), Code::kDataLoss);
}

TEST_F(IdentityTest, KnowsTheRootByItsKey) {
  const auto files = Start();

  const auto found = files->Lookup(files->root_access_key(), "");

  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->principal.kind, Principal::Kind::kRoot);
  EXPECT_EQ(found->principal.arn, "arn:aws:iam::123456789012:root");
  EXPECT_EQ(found->principal.user_id, "123456789012");
  EXPECT_EQ(found->secret_key, files->root_secret_key());
  EXPECT_EQ(files->Lookup("AKIAAAAAAAAAAAAAAAAA", "").status().message(),
            "InvalidClientTokenId: The security token included in the request is invalid.");
  EXPECT_EQ(files->Lookup(files->root_access_key(), "junk").status().message(),
            "InvalidToken: The security token included in the request is invalid.");
}

TEST_F(IdentityTest, MintsSessionsThatAnyHolderOfTheFolderKnows) {
  const auto minted = Start()->MintSession("Role", "AROAEXAMPLE", "SageMaker", hours(1));

  const auto found = IdentityFiles::Load(folder_.path() / "data", clock_)
                         .value()
                         ->Lookup(minted.access_key, minted.session_token);

  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_TRUE(minted.access_key.starts_with("ASIA"));
  EXPECT_EQ(minted.access_key.size(), 20u);
  EXPECT_EQ(minted.secret_key.size(), 40u);
  EXPECT_EQ(found->secret_key, minted.secret_key);
  EXPECT_EQ(found->principal.kind, Principal::Kind::kRoleSession);
  EXPECT_EQ(found->principal.arn, "arn:aws:sts::123456789012:assumed-role/Role/SageMaker");
  EXPECT_EQ(found->principal.user_id, "AROAEXAMPLE:SageMaker");
  EXPECT_EQ(found->principal.role_name, "Role");
  EXPECT_EQ(found->principal.expires, clock_.Now() + hours(1));
}

TEST_F(IdentityTest, KeepsTokensShort) {
  const auto minted = Start()->MintSession(std::string(64, 'r'), "AROA12345678901234567",
                                           std::string(64, 's'), hours(168));

  EXPECT_LT(minted.session_token.size(), 600u);
}

TEST_F(IdentityTest, EndsASessionOnTime) {
  const auto files = Start();
  const auto minted = files->MintSession("Role", "AROA", "s", seconds(900));

  clock_.Advance(seconds(899));
  EXPECT_TRUE(files->Lookup(minted.access_key, minted.session_token).ok());
  clock_.Advance(seconds(1));

  EXPECT_EQ(files->Lookup(minted.access_key, minted.session_token).status().message(),
            "ExpiredToken: The security token included in the request is expired");
}

TEST_F(IdentityTest, BelievesNoForgedToken) {
  const auto files = Start();
  const auto one = files->MintSession("Role", "AROA", "one", hours(1));
  const auto two = files->MintSession("Role", "AROA", "two", hours(1));
  std::string changed = one.session_token;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';

  EXPECT_FALSE(files->Lookup(one.access_key, two.session_token).ok());
  EXPECT_FALSE(files->Lookup(one.access_key, changed).ok());
  EXPECT_FALSE(files->Lookup(one.access_key, "").ok());
  EXPECT_FALSE(files->Lookup(one.access_key, "%%%").ok());
  EXPECT_FALSE(files->Lookup(files->root_access_key(), one.session_token).ok());
  const auto elsewhere = IdentityFiles::LoadOrCreate(folder_.path() / "other", {}, clock_).value();
  EXPECT_FALSE(elsewhere->Lookup(one.access_key, one.session_token).ok());
}

TEST_F(IdentityTest, CarriesSessionPolicies) {
  const auto files = Start();
  const auto minted = files->MintSession(
      {"Role", "AROA", "s", hours(1), {"{}"}, {"arn:aws:iam::aws:policy/AdministratorAccess"}});

  const auto found = files->Lookup(minted.access_key, minted.session_token).value();

  EXPECT_EQ(found.principal.session_policies, std::vector<std::string>{"{}"});
  EXPECT_EQ(found.principal.session_policy_arns,
            std::vector<std::string>{"arn:aws:iam::aws:policy/AdministratorAccess"});
}

}  // namespace
}  // namespace sagebrush::iam
