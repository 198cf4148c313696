// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/known_callers.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "testing/fake_clock.h"

namespace sagebrush::apps {
namespace {

class KnownCallersTest : public ::testing::Test {
 protected:
  aws::Presented Root(std::string region = "us-west-2") {
    aws::Presented claim;
    claim.access_key = identity_->root_access_key();
    claim.scope = {"20261124", std::move(region), "sagemaker"};
    return claim;
  }
  aws::Presented Session(std::chrono::seconds life) {
    const auto session = identity_->MintSession("R", "AROAX", "me", life);
    aws::Presented claim = Root();
    claim.access_key = session.access_key;
    claim.session_token = session.session_token;
    return claim;
  }

  TempFolder folder_ = TempFolder::Create().value();
  testing::FakeClock clock_;
  std::unique_ptr<iam::IdentityFiles> identity_ =
      iam::IdentityFiles::LoadOrCreate(folder_.path() / "data", {}, clock_).value();
  KnownCallers callers_{*identity_, clock_};
};

TEST_F(KnownCallersTest, GivesWhoItIsAndWhatItsSignatureIsCheckedWith) {
  const auto caller = callers_.Find(Root());

  ASSERT_TRUE(caller.ok()) << caller.status().ToString();
  EXPECT_EQ((*caller)->principal.kind, iam::Principal::Kind::kRoot);
  EXPECT_EQ((*caller)->secret_key, identity_->root_secret_key());
  EXPECT_EQ((*caller)->signing_key,
            aws::SigningKey(identity_->root_secret_key(), {"20261124", "us-west-2", "sagemaker"}));
}

TEST_F(KnownCallersTest, RemembersEachScopeByItself) {
  const auto first = callers_.Find(Root()).value();

  EXPECT_EQ(callers_.Find(Root()).value(), first);
  const auto other = callers_.Find(Root("eu-west-1")).value();
  EXPECT_NE(other->signing_key, first->signing_key);
  EXPECT_EQ(callers_.Find(Root()).value(), first);
}

TEST_F(KnownCallersTest, AKeyOfNobodyIsRefusedInAwssWordsAgainAndAgain) {
  aws::Presented claim = Root();
  claim.access_key = "AKIANOBODY";

  for (int times = 0; times < 2; ++times) {
    const auto refused = callers_.Find(claim);
    EXPECT_EQ(refused.status().code(), Code::kPermissionDenied);
    EXPECT_TRUE(refused.status().message().starts_with("InvalidClientTokenId:"));
  }
}

TEST_F(KnownCallersTest, ASessionIsForgottenWhenItEnds) {
  const aws::Presented claim = Session(std::chrono::hours(1));
  ASSERT_TRUE(callers_.Find(claim).ok());
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_TRUE(callers_.Find(claim).ok());

  clock_.Advance(std::chrono::minutes(1));

  const auto refused = callers_.Find(claim);
  EXPECT_FALSE(refused.ok());
  EXPECT_TRUE(refused.status().message().starts_with("ExpiredToken:"));
}

TEST_F(KnownCallersTest, ATokenWithAnotherSessionsKeyIsNotTakenFromMemory) {
  const aws::Presented one = Session(std::chrono::hours(1));
  aws::Presented mixed = Session(std::chrono::hours(1));
  ASSERT_TRUE(callers_.Find(one).ok());
  ASSERT_TRUE(callers_.Find(mixed).ok());

  mixed.session_token = one.session_token;

  EXPECT_FALSE(callers_.Find(mixed).ok());
}

TEST_F(KnownCallersTest, ManyScopesAreServedAndTheFirstIsForgottenAtLast) {
  const auto first = callers_.Find(Root()).value();

  for (int region = 0; region < 1100; ++region)
    ASSERT_TRUE(callers_.Find(Root("r" + std::to_string(region))).ok());

  const auto again = callers_.Find(Root()).value();
  EXPECT_NE(again, first);
  EXPECT_EQ(again->signing_key, first->signing_key);
}

TEST_F(KnownCallersTest, AScopeLongerThanAnyRealOneIsServedButNotKept) {
  const aws::Presented claim = Root(std::string(5000, 'r'));

  EXPECT_NE(callers_.Find(claim).value(), callers_.Find(claim).value());
}

}  // namespace
}  // namespace sagebrush::apps
