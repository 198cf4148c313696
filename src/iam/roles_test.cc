// SPDX-License-Identifier: Apache-2.0
#include "iam/roles.h"

#include <gtest/gtest.h>

#include "iam/decision.h"
#include "testing/fake_clock.h"
#include "testing/memory_record_store.h"

namespace sagebrush::iam {
namespace {

class RolesTest : public ::testing::Test {
 protected:
  Role Make(std::string name, std::string path = "/") {
    Role role;
    role.name = std::move(name);
    role.path = std::move(path);
    role.account = "123456789012";
    return role;
  }

  testing::FakeClock clock_;
  testing::MemoryRecordStore records_;
  Roles roles_{records_, clock_};
};

TEST_F(RolesTest, MakesTheExecutionRoleOnce) {
  AccountInfo account;
  account.execution_role_name = "AmazonSageMaker-ExecutionRole-1";
  account.execution_role_id = "AROAX";

  ASSERT_TRUE(roles_.EnsureExecutionRole(account).ok());
  auto role = roles_.Get(account.account, account.execution_role_name).value();
  role.inline_policies.clear();
  ASSERT_TRUE(roles_.Update(role).ok());
  ASSERT_TRUE(roles_.EnsureExecutionRole(account).ok());

  role =
      roles_.GetByArn("arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-1")
          .value();
  EXPECT_EQ(role.id, "AROAX");
  EXPECT_TRUE(role.inline_policies.empty()) << "the owner's narrowing stays";
  EXPECT_TRUE(Trusts(ParseTrustPolicy(role.trust_policy).value(), "sagemaker.amazonaws.com",
                     "sts:AssumeRole"));
}

TEST_F(RolesTest, KeepsEveryField) {
  Role role = Make("a", "/x/y/");
  role.description = "d";
  role.max_session_seconds = 7200;
  role.trust_policy = "{ }";
  role.inline_policies = {{"p", "{}"}};
  role.attached_policies = {"arn:aws:iam::aws:policy/AmazonS3FullAccess"};
  role.tags = {{"k", "v"}};

  ASSERT_TRUE(roles_.Create(role).ok());
  const Role got = roles_.Get("123456789012", "a").value();

  EXPECT_EQ(got.arn(), "arn:aws:iam::123456789012:role/x/y/a");
  EXPECT_TRUE(got.id.starts_with("AROA"));
  EXPECT_EQ(got.id.size(), 21u);
  EXPECT_EQ(got.created, clock_.Now());
  EXPECT_EQ(got.description, "d");
  EXPECT_EQ(got.max_session_seconds, 7200);
  EXPECT_EQ(got.trust_policy, "{ }");
  EXPECT_EQ(got.inline_policies, role.inline_policies);
  EXPECT_EQ(got.attached_policies, role.attached_policies);
  EXPECT_EQ(got.tags, role.tags);
}

TEST_F(RolesTest, RefusesASecondOfTheSameName) {
  ASSERT_TRUE(roles_.Create(Make("a")).ok());

  EXPECT_EQ(roles_.Create(Make("a", "/other/")).code(), Code::kAlreadyExists);
}

// IAM User Guide, "IAM and AWS STS quotas": names are unique regardless of case.
TEST_F(RolesTest, NamesThatDifferInCaseAloneAreTheSame) {
  const auto policy = [](const std::string& name) {
    ManagedPolicy made;
    made.name = name;
    made.account = "123456789012";
    return made;
  };
  ASSERT_TRUE(roles_.Create(Make("Trainer_1")).ok());
  ASSERT_TRUE(roles_.CreatePolicy(policy("Reading")).ok());

  EXPECT_EQ(roles_.Create(Make("trainer_1")).code(), Code::kAlreadyExists);
  EXPECT_EQ(roles_.CreatePolicy(policy("READING")).code(), Code::kAlreadyExists);
  EXPECT_TRUE(roles_.Create(Make("TrainerX1")).ok()) << "an underscore is no wildcard";
  EXPECT_TRUE(roles_.CreatePolicy(policy("Trainer_1")).ok());
}

TEST_F(RolesTest, LosesNoUpdate) {
  ASSERT_TRUE(roles_.Create(Make("a")).ok());
  Role mine = roles_.Get("123456789012", "a").value();
  Role theirs = mine;
  theirs.description = "theirs";
  ASSERT_TRUE(roles_.Update(theirs).ok());

  EXPECT_EQ(roles_.Update(mine).code(), Code::kFailedPrecondition);
  EXPECT_EQ(roles_.Get("123456789012", "a")->description, "theirs");
}

TEST_F(RolesTest, FindsByWholeArnOnly) {
  ASSERT_TRUE(roles_.Create(Make("a", "/p/")).ok());

  EXPECT_TRUE(roles_.GetByArn("arn:aws:iam::123456789012:role/p/a").ok());
  for (const char* arn :
       {"arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/p/",
        "arn:aws:iam::123456789012:user/p/a", "arn:aws:iam::210987654321:role/p/a", "a", "",
        "arn:aws:iam::123456789012:role"})
    EXPECT_EQ(roles_.GetByArn(arn).status().code(), Code::kNotFound) << arn;
}

TEST_F(RolesTest, ListsByPathAndAccount) {
  for (const char* name : {"c", "a"}) ASSERT_TRUE(roles_.Create(Make(name, "/p/")).ok());
  ASSERT_TRUE(roles_.Create(Make("b")).ok());

  const auto all = roles_.List("123456789012", "/").value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(roles_.List("123456789012", "/p/")->size(), 2u);
  EXPECT_TRUE(roles_.List("210987654321", "/")->empty());
}

TEST_F(RolesTest, KeepsPolicies) {
  ManagedPolicy policy;
  policy.name = "P";
  policy.path = "/team/";
  policy.account = "123456789012";
  policy.document = "{}";
  ASSERT_TRUE(roles_.CreatePolicy(policy).ok());

  EXPECT_EQ(roles_.CreatePolicy(policy).code(), Code::kAlreadyExists);
  EXPECT_TRUE(roles_.GetPolicy("arn:aws:iam::123456789012:policy/team/P")->id.starts_with("ANPA"));
  EXPECT_EQ(roles_.GetPolicy("arn:aws:iam::123456789012:policy/P").status().code(),
            Code::kNotFound);
  EXPECT_EQ(roles_.ListPolicies("123456789012")->size(), 1u);
  EXPECT_EQ(roles_.DeletePolicy("arn:aws:iam::aws:policy/AdministratorAccess").code(),
            Code::kPermissionDenied);
  EXPECT_TRUE(roles_.DeletePolicy("arn:aws:iam::123456789012:policy/team/P").ok());
  EXPECT_TRUE(roles_.ListPolicies("123456789012")->empty());
}

}  // namespace
}  // namespace sagebrush::iam
