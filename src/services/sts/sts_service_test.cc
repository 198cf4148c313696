// SPDX-License-Identifier: Apache-2.0
#include "services/sts/sts_service.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "iam/decision.h"
#include "services/test_service.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services {
namespace {

class StsServiceTest : public ServiceTest {
 protected:
  StsServiceTest() : ServiceTest(aws::Protocol::kQuery) {
    identity_ = iam::IdentityFiles::LoadOrCreate(folder_.path(), {}, clock_).value();
    service_ = MakeStsService(*identity_, roles_, clock_);
    UseSession("Caller", "AROACALLER");
  }
  const Service& service() const override { return *service_; }

  void UseSession(const std::string& role, const std::string& id) {
    const auto minted = identity_->MintSession(role, id, "SageMaker", std::chrono::hours(1));
    context_.principal = identity_->Lookup(minted.access_key, minted.session_token)->principal;
  }
  void UseRoot() {
    context_.principal = identity_->Lookup(identity_->root_access_key(), "")->principal;
  }

  std::string MakeRole(const std::string& name, const std::string& trust,
                       std::int64_t max_seconds = 3600) {
    iam::Role role;
    role.name = name;
    role.account = "123456789012";
    role.trust_policy = trust;
    role.max_session_seconds = max_seconds;
    role.inline_policies["all"] =
        R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
    EXPECT_TRUE(roles_.Create(role).ok());
    return role.arn();
  }

  aws::Error ErrorOf(std::string_view operation, Json input) {
    const auto outcome = Try(operation, std::move(input));
    return outcome.ok() ? aws::Error{"", outcome->Dump()} : outcome.error(aws::Protocol::kQuery);
  }

  const std::string trust_account_ =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]})";
  TempFolder folder_ = TempFolder::Create().value();
  testing::MemoryRecordStore records_;
  iam::Roles roles_{records_, clock_};
  std::unique_ptr<iam::IdentityFiles> identity_;
  std::unique_ptr<Service> service_;
};

TEST_F(StsServiceTest, TellsWhoCalls) {
  const Json session = Call("GetCallerIdentity");
  UseRoot();
  const Json root = Call("GetCallerIdentity");

  EXPECT_EQ(session.GetString("Arn"), "arn:aws:sts::123456789012:assumed-role/Caller/SageMaker");
  EXPECT_EQ(session.GetString("UserId"), "AROACALLER:SageMaker");
  EXPECT_EQ(session.GetString("Account"), "123456789012");
  EXPECT_EQ(root.GetString("Arn"), "arn:aws:iam::123456789012:root");
}

TEST_F(StsServiceTest, NeedsPermissionOnlyToAssume) {
  EXPECT_TRUE(AccessOf("GetCallerIdentity", Json::Object()).empty());
  const auto access = AccessOf("AssumeRole", Json::Object({{"RoleArn", "arn:aws:iam::1:role/r"}}));
  ASSERT_EQ(access.size(), 1u);
  EXPECT_EQ(access[0].action, "sts:AssumeRole");
  EXPECT_EQ(access[0].resource, "arn:aws:iam::1:role/r");
}

TEST_F(StsServiceTest, CallsWhatIsNoArnInvalidWhoeverAsks) {
  for (const char* arn :
       {"nothing-of-that-kind-at-all", "arn::iam::123456789012:role/r", "arn:aws:::123456789012:r",
        "arn:aws:iam:123456789012:role/r", "arn:aws:iam::123456789012:"}) {
    const Json input = Json::Object({{"RoleArn", arn}, {"RoleSessionName", "me"}});
    EXPECT_TRUE(AccessOf("AssumeRole", input).empty()) << arn;
    const auto error = ErrorOf("AssumeRole", input);
    EXPECT_EQ(error.code, "ValidationError");
    EXPECT_EQ(error.message, std::string(arn) + " is invalid");
  }
}

TEST_F(StsServiceTest, GivesCredentialsOfATrustingRole) {
  const std::string arn = MakeRole("Target", trust_account_);

  const auto reply =
      Try("AssumeRole",
          Json::Object({{"RoleArn", arn}, {"RoleSessionName", "me"}, {"DurationSeconds", 900}}));

  ASSERT_TRUE(reply.ok());
  const Json& credentials = *reply->Find("Credentials");
  const auto found = identity_->Lookup(credentials.GetString("AccessKeyId"),
                                       credentials.GetString("SessionToken"));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->secret_key, credentials.GetString("SecretAccessKey"));
  EXPECT_EQ(found->principal.arn, "arn:aws:sts::123456789012:assumed-role/Target/me");
  EXPECT_EQ(found->principal.expires, clock_.Now() + std::chrono::seconds(900));
  EXPECT_EQ(credentials.GetDouble("Expiration"), ToEpochSeconds(found->principal.expires));
  EXPECT_EQ(reply->Find("AssumedRoleUser")->GetString("Arn"), found->principal.arn);
  EXPECT_EQ(reply->Find("AssumedRoleUser")->GetString("AssumedRoleId"), found->principal.user_id);
}

TEST_F(StsServiceTest, RefusesWhereTheRoleDoesNotTrustOrIsNot) {
  const std::string arn = MakeRole(
      "Sage",
      R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]})");

  for (const std::string& name : {arn, std::string("arn:aws:iam::123456789012:role/None")}) {
    const auto error =
        ErrorOf("AssumeRole", Json::Object({{"RoleArn", name}, {"RoleSessionName", "me"}}));
    EXPECT_EQ(error.code, "AccessDenied");
    EXPECT_EQ(error.message,
              "User: arn:aws:sts::123456789012:assumed-role/Caller/SageMaker is not authorized to "
              "perform: sts:AssumeRole on resource: " +
                  name);
  }
}

TEST_F(StsServiceTest, BoundsDurations) {
  const std::string arn = MakeRole("Long", trust_account_, 7200);
  const auto asking = [&](int seconds) {
    return ErrorOf("AssumeRole",
                   Json::Object(
                       {{"RoleArn", arn}, {"RoleSessionName", "me"}, {"DurationSeconds", seconds}}))
        .message;
  };

  EXPECT_EQ(asking(7201),
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  EXPECT_EQ(asking(7200),
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining");
  UseRoot();
  EXPECT_TRUE(
      Try("AssumeRole",
          Json::Object({{"RoleArn", arn}, {"RoleSessionName", "me"}, {"DurationSeconds", 7200}}))
          .ok());
}

TEST_F(StsServiceTest, AsksForTheExternalId) {
  const std::string arn = MakeRole(
      "Ext",
      R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"42"}}}]})");

  EXPECT_EQ(ErrorOf("AssumeRole", Json::Object({{"RoleArn", arn}, {"RoleSessionName", "me"}})).code,
            "AccessDenied");
  EXPECT_TRUE(Try("AssumeRole",
                  Json::Object({{"RoleArn", arn}, {"RoleSessionName", "me"}, {"ExternalId", "42"}}))
                  .ok());
}

TEST_F(StsServiceTest, NarrowsASessionByItsPolicy) {
  const std::string arn = MakeRole("Target", trust_account_);
  const auto reply = Try(
      "AssumeRole",
      Json::Object(
          {{"RoleArn", arn},
           {"RoleSessionName", "me"},
           {"Policy",
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})"}}));
  ASSERT_TRUE(reply.ok());
  const Json& credentials = *reply->Find("Credentials");
  const auto principal =
      identity_->Lookup(credentials.GetString("AccessKeyId"), credentials.GetString("SessionToken"))
          ->principal;
  iam::Authorizer authorizer(roles_);

  EXPECT_EQ(authorizer.Decide(principal, {"s3:GetObject", "*", {}}).value(), iam::Effect::kAllowed);
  EXPECT_EQ(authorizer.Decide(principal, {"s3:PutObject", "*", {}}).value(),
            iam::Effect::kImplicitDeny);
  EXPECT_GT(reply->GetInt("PackedPolicySize"), 0);
}

TEST_F(StsServiceTest, RefusesWhatItWouldNotHonour) {
  const std::string arn = MakeRole("Target", trust_account_);
  const auto with = [&](std::string name, Json value) {
    return ErrorOf("AssumeRole", Json::Object({{"RoleArn", arn},
                                               {"RoleSessionName", "me"},
                                               {std::move(name), std::move(value)}}))
        .code;
  };

  EXPECT_EQ(with("Tags", Json::Array({Json::Object({{"Key", "a"}, {"Value", "b"}})})),
            "ValidationError");
  EXPECT_EQ(with("SerialNumber", "mfa"), "ValidationError");
  EXPECT_EQ(with("Policy", "{"), "MalformedPolicyDocument");
  EXPECT_EQ(with("Policy", R"({"Statement":[{"Effect":"Allow","Action":"s3:)" +
                               std::string(3000, 'x') + R"(","Resource":"*"}]})"),
            "PackedPolicyTooLarge");
  EXPECT_EQ(
      with("PolicyArns", Json::Array({Json::Object({{"arn", "arn:aws:iam::aws:policy/None"}})})),
      "ValidationError");
  EXPECT_EQ(with("Tags", Json::Array()), "");
}

TEST_F(StsServiceTest, GivesTheRootASessionButNoSessionAnother) {
  EXPECT_EQ(ErrorOf("GetSessionToken", Json::Object()).message,
            "Cannot call GetSessionToken with session credentials");
  UseRoot();

  const auto reply = Try("GetSessionToken");

  ASSERT_TRUE(reply.ok());
  const Json& credentials = *reply->Find("Credentials");
  context_.principal =
      identity_->Lookup(credentials.GetString("AccessKeyId"), credentials.GetString("SessionToken"))
          ->principal;
  EXPECT_EQ(Call("GetCallerIdentity").GetString("Arn"), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(ErrorOf("GetSessionToken", Json::Object()).code, "AccessDenied");
}

}  // namespace
}  // namespace sagebrush::services
