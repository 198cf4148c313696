// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/instance_access.h"

#include <gtest/gtest.h>

#include "aws/container_authorization.h"
#include "base/file.h"
#include "orchestrator/backends/process/instance_folder.h"
#include "testing/fake_clock.h"
#include "testing/fake_exchange.h"
#include "testing/memory_record_store.h"

namespace sagebrush::apps {
namespace {

constexpr char kToken[] = "the agent's token";
constexpr char kPackages[] =
    "/_sagebrush/packages/0000000000000000000000000000000000000000000000000000000000000000";

class InstanceAccessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(roles_.EnsureExecutionRole(identity_->account()).ok());
    Add("i-1",
        "arn:aws:iam::123456789012:role/service-role/" + identity_->account().execution_role_name);
    Add("i-2", "");
  }
  void Add(const std::string& id, const std::string& role_arn) {
    orchestrator::Instance instance;
    instance.id = id;
    instance.owner.scope = "123456789012/us-west-2";
    instance.token_hash = HexEncode(Sha256(kToken));
    instance.role_arn = role_arn;
    ASSERT_TRUE(records_.Commit({instances_.InsertWrite(instance)}).ok());
  }
  void WithoutIsolation(const std::string& id) {
    const fs::path folder = folder_.path() / "instances" / id;
    ASSERT_TRUE(MakeFolders(folder).ok());
    ASSERT_TRUE(orchestrator::InstanceFolder(folder).Note("isolation", "none").ok());
  }
  static http::Request Asking(http::Headers headers, bool is_isolated = false) {
    http::Request request;
    request.method = "GET";
    request.target = kPackages;
    request.headers = std::move(headers);
    request.peer.is_isolated = is_isolated;
    return request;
  }
  static http::Request Agent(bool is_isolated = false) {
    return Asking({{"X-Sagebrush-Token", kToken}}, is_isolated);
  }

  TempFolder folder_ = TempFolder::Create().value();
  testing::FakeClock clock_;
  testing::MemoryRecordStore records_;
  orchestrator::Instances instances_{records_, clock_};
  orchestrator::PackageStore packages_ =
      orchestrator::PackageStore::Open(folder_.path() / "packages").value();
  std::unique_ptr<iam::IdentityFiles> identity_ =
      iam::IdentityFiles::LoadOrCreate(folder_.path(), {}, clock_).value();
  iam::Roles roles_{records_, clock_};
  InstanceAccess access_{{.instances = instances_,
                          .packages = packages_,
                          .identity = *identity_,
                          .roles = roles_,
                          .data_folder = folder_.path()}};
};

TEST_F(InstanceAccessTest, CredentialsAreAnHourOfTheInstancesRoleAndEndWithIt) {
  const auto credentials = access_.CredentialsOf("i-1");

  ASSERT_TRUE(credentials.ok()) << credentials.status().ToString();
  const auto caller =
      identity_->Lookup(credentials->GetString("AccessKeyId"), credentials->GetString("Token"));
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->secret_key, credentials->GetString("SecretAccessKey"));
  EXPECT_EQ(caller->principal.role_name, identity_->account().execution_role_name);
  EXPECT_EQ(caller->principal.instance, "i-1");
  EXPECT_EQ(caller->principal.expires, clock_.Now() + std::chrono::hours(1));
}

TEST_F(InstanceAccessTest, WithoutARoleOrAnInstanceThereAreNone) {
  EXPECT_EQ(access_.CredentialsOf("i-2").status().code(), Code::kNotFound);
  EXPECT_EQ(access_.CredentialsOf("i-3").status().code(), Code::kNotFound);
  EXPECT_TRUE(access_.Exists("i-2"));
  EXPECT_FALSE(access_.Exists("i-3"));
}

TEST_F(InstanceAccessTest, InASandboxEverybodyInsideMayHaveThem) {
  EXPECT_TRUE(access_.MayHaveCredentials("i-1", Asking({})));
}

TEST_F(InstanceAccessTest, WithoutIsolationOnlyWhoKnowsTheInstancesWord) {
  WithoutIsolation("i-1");
  const std::string word = aws::ContainerAuthorization(HexEncode(Sha256(kToken)));

  EXPECT_TRUE(access_.MayHaveCredentials("i-1", Asking({{"Authorization", word}})));
  EXPECT_TRUE(access_.MayHaveCredentials("i-1", Agent()));
  EXPECT_FALSE(access_.MayHaveCredentials("i-1", Asking({})));
  EXPECT_FALSE(access_.MayHaveCredentials("i-1", Asking({{"Authorization", ""}})));
  EXPECT_FALSE(access_.MayHaveCredentials("i-1", Asking({{"Authorization", word + "x"}})));
  EXPECT_FALSE(access_.MayHaveCredentials("i-1", Asking({{"X-Sagebrush-Token", "guessed"}})));
}

TEST_F(InstanceAccessTest, AnInstanceWithoutNetworkIsHeardThroughItsAgentAlone) {
  EXPECT_TRUE(access_.Admits("i-1", Asking({})));
  EXPECT_FALSE(access_.Admits("i-1", Asking({}, true)));
  EXPECT_TRUE(access_.Admits("i-1", Agent(true)));
  EXPECT_FALSE(access_.Admits("i-3", Agent(true)));
}

TEST_F(InstanceAccessTest, KeptPackagesAreTheAgentsAlone) {
  const auto status = [&](const std::string& id, const http::Request& request) {
    testing::FakeExchange exchange(request, "");
    access_.ServePackages(id, exchange);
    return exchange.response().status;
  };

  EXPECT_EQ(status("i-1", Asking({})), 403);
  EXPECT_EQ(status("i-3", Agent()), 403);
  EXPECT_EQ(status("i-1", Agent()), 404);  // nobody has left any
}

}  // namespace
}  // namespace sagebrush::apps
