// SPDX-License-Identifier: Apache-2.0
#include "services/iam/iam_service.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "services/test_service.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services {
namespace {

const std::string kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
const std::string kReadS3 =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}]})";
constexpr char kS3Full[] = "arn:aws:iam::aws:policy/AmazonS3FullAccess";

class IamServiceTest : public ServiceTest {
 protected:
  IamServiceTest() : ServiceTest(aws::Protocol::kQuery) {}
  const Service& service() const override { return *service_; }

  Json CreateRole(const std::string& name) {
    return Call("CreateRole",
                Json::Object({{"RoleName", name}, {"AssumeRolePolicyDocument", kTrust}}));
  }
  std::string ResourceOf(std::string_view operation, const Json& input) {
    const auto access = AccessOf(operation, input);
    return access.size() == 1 ? access[0].action + " " + access[0].resource : "several";
  }

  testing::MemoryRecordStore records_;
  iam::Roles roles_{records_, clock_};
  iam::Authorizer authorizer_{roles_};
  std::unique_ptr<Service> service_ = MakeIamService(roles_, authorizer_);
};

TEST_F(IamServiceTest, ShowsARoleAsItWasMade) {
  const Json created =
      Call("CreateRole",
           Json::Object({{"RoleName", "r"},
                         {"Path", "/service-role/"},
                         {"AssumeRolePolicyDocument", kTrust},
                         {"Description", "d"},
                         {"MaxSessionDuration", 7200},
                         {"Tags", Json::Array({Json::Object({{"Key", "k"}, {"Value", "v"}})})}}));
  const Json got = Call("GetRole", Json::Object({{"RoleName", "r"}}));

  // What CreateRole does not tell, AWS's does not either.
  const Json& fresh = *created.Find("Role");
  for (const char* member :
       {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument", "Tags"})
    EXPECT_EQ(*fresh.Find(member), *got.Find("Role")->Find(member)) << member;
  EXPECT_EQ(fresh.size(), 7u) << fresh.Dump();
  EXPECT_EQ(got.Find("Role")->GetString("Description"), "d");
  EXPECT_TRUE(got.Find("Role")->Has("RoleLastUsed"));
  const Json listed = Call("ListRoles", Json::Object()).Find("Roles")->AsArray()[0];
  EXPECT_FALSE(listed.Has("Tags") || listed.Has("RoleLastUsed"));
  EXPECT_EQ(listed.GetInt("MaxSessionDuration"), 7200);
  const Json& role = *got.Find("Role");
  EXPECT_EQ(role.GetString("Arn"), "arn:aws:iam::123456789012:role/service-role/r");
  EXPECT_TRUE(role.GetString("RoleId").starts_with("AROA"));
  EXPECT_EQ(role.GetInt("MaxSessionDuration"), 7200);
  EXPECT_EQ(role.GetDouble("CreateDate"), ToEpochSeconds(clock_.Now()));
  const std::string document = role.GetString("AssumeRolePolicyDocument");
  EXPECT_TRUE(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"));
  EXPECT_EQ(PercentDecode(document).value(), kTrust);
  EXPECT_EQ(role.Find("Tags")->AsArray()[0].GetString("Value"), "v");
}

TEST_F(IamServiceTest, RefusesInAwsWords) {
  CreateRole("r");

  EXPECT_EQ(Refusal("GetRole", Json::Object({{"RoleName", "x"}})),
            "NoSuchEntity: The role with name x cannot be found.");
  EXPECT_EQ(Refusal("CreateRole",
                    Json::Object({{"RoleName", "r"}, {"AssumeRolePolicyDocument", kTrust}})),
            "EntityAlreadyExists: Role with name r already exists.");
  EXPECT_EQ(
      Refusal("CreateRole", Json::Object({{"RoleName", "x"}, {"AssumeRolePolicyDocument", "{"}})),
      "MalformedPolicyDocument: This policy contains invalid Json");
  EXPECT_EQ(
      Refusal("PutRolePolicy",
              Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", kTrust}})),
      "MalformedPolicyDocument: Policy document should not specify a principal.");
  EXPECT_EQ(
      Refusal("PutRolePolicy",
              Json::Object({{"RoleName", "x"}, {"PolicyName", "p"}, {"PolicyDocument", kReadS3}})),
      "NoSuchEntity: The role with name x cannot be found.");
  EXPECT_EQ(Refusal("GetRolePolicy", Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}})),
            "NoSuchEntity: The role policy with name p cannot be found.");
  EXPECT_EQ(
      Refusal("AttachRolePolicy",
              Json::Object({{"RoleName", "r"}, {"PolicyArn", "arn:aws:iam::aws:policy/None"}})),
      "NoSuchEntity: Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.");
  for (const char* operation : {"AttachRolePolicy", "DetachRolePolicy"})
    EXPECT_EQ(Refusal(operation, Json::Object({{"RoleName", "r"},
                                               {"PolicyArn", "a-name-long-enough-for-an-arn"}})),
              "ValidationError: Invalid ARN:  Could not be parsed!");
  EXPECT_EQ(Refusal("GetPolicy", Json::Object({{"PolicyArn", "a-name-long-enough-for-an-arn"}})),
            "ValidationError: Invalid ARN:  Could not be parsed!");
  EXPECT_EQ(Refusal("DetachRolePolicy", Json::Object({{"RoleName", "r"}, {"PolicyArn", kS3Full}})),
            "NoSuchEntity: Policy " + std::string(kS3Full) + " was not found.");
  EXPECT_EQ(Refusal("ListRoles", Json::Object({{"Marker", "??"}})),
            "ValidationError: Invalid Marker.");
}

TEST_F(IamServiceTest, PagesByMarker) {
  for (const char* name : {"c", "a", "d", "b"}) CreateRole(name);

  const Json first = Call("ListRoles", Json::Object({{"MaxItems", 3}}));
  const Json second =
      Call("ListRoles", Json::Object({{"MaxItems", 3}, {"Marker", first.GetString("Marker")}}));

  EXPECT_EQ(first.Find("Roles")->size(), 3u);
  EXPECT_TRUE(first.GetBool("IsTruncated"));
  ASSERT_EQ(second.Find("Roles")->size(), 1u);
  EXPECT_EQ(second.Find("Roles")->AsArray()[0].GetString("RoleName"), "d");
  EXPECT_FALSE(second.GetBool("IsTruncated", true));
  EXPECT_FALSE(second.Has("Marker"));
}

TEST_F(IamServiceTest, KeepsInlinePolicies) {
  CreateRole("r");
  Call("PutRolePolicy",
       Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", kReadS3}}));

  const Json got = Call("GetRolePolicy", Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}}));
  EXPECT_EQ(PercentDecode(got.GetString("PolicyDocument")).value(), kReadS3);
  EXPECT_EQ(Call("ListRolePolicies", Json::Object({{"RoleName", "r"}}))
                .Find("PolicyNames")
                ->AsArray()[0]
                .AsString(),
            "p");
  EXPECT_EQ(Refusal("DeleteRole", Json::Object({{"RoleName", "r"}})),
            "DeleteConflict: Cannot delete entity, must delete policies first.");
  Call("DeleteRolePolicy", Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}}));
  Call("DeleteRole", Json::Object({{"RoleName", "r"}}));
  EXPECT_TRUE(Refusal("GetRole", Json::Object({{"RoleName", "r"}})).starts_with("NoSuchEntity"));
}

TEST_F(IamServiceTest, AttachesPolicies) {
  CreateRole("r");
  const std::string own =
      Call("CreatePolicy",
           Json::Object({{"PolicyName", "P"}, {"Path", "/team/"}, {"PolicyDocument", kReadS3}}))
          .Find("Policy")
          ->GetString("Arn");
  EXPECT_EQ(own, "arn:aws:iam::123456789012:policy/team/P");

  for (const std::string& arn : {own, std::string(kS3Full), own})
    Call("AttachRolePolicy", Json::Object({{"RoleName", "r"}, {"PolicyArn", arn}}));

  const Json attached = Call("ListAttachedRolePolicies", Json::Object({{"RoleName", "r"}}));
  ASSERT_EQ(attached.Find("AttachedPolicies")->size(), 2u);
  EXPECT_EQ(attached.Find("AttachedPolicies")->AsArray()[0].GetString("PolicyName"), "P");
  EXPECT_EQ(Call("GetPolicy", Json::Object({{"PolicyArn", own}}))
                .Find("Policy")
                ->GetInt("AttachmentCount"),
            1);
  EXPECT_EQ(PercentDecode(
                Call("GetPolicyVersion", Json::Object({{"PolicyArn", own}, {"VersionId", "v1"}}))
                    .Find("PolicyVersion")
                    ->GetString("Document"))
                .value(),
            kReadS3);
  EXPECT_EQ(Call("ListPolicies", Json::Object({{"Scope", "Local"}})).Find("Policies")->size(), 1u);
  EXPECT_EQ(Call("ListPolicies", Json::Object({{"Scope", "AWS"}})).Find("Policies")->size(), 5u);
  EXPECT_EQ(Refusal("DeleteRole", Json::Object({{"RoleName", "r"}})),
            "DeleteConflict: Cannot delete entity, must detach all policies first.");
  EXPECT_EQ(Refusal("DeletePolicy", Json::Object({{"PolicyArn", own}})),
            "DeleteConflict: Cannot delete a policy attached to entities.");
  Call("DetachRolePolicy", Json::Object({{"RoleName", "r"}, {"PolicyArn", own}}));
  Call("DeletePolicy", Json::Object({{"PolicyArn", own}}));
  EXPECT_EQ(Refusal("GetPolicy", Json::Object({{"PolicyArn", own}})),
            "NoSuchEntity: Policy " + own + " was not found.");
}

TEST_F(IamServiceTest, ChangesTrustAndTags) {
  CreateRole("r");
  const std::string trust = ReplaceAll(kTrust, "sagemaker.", "lambda.");
  Call("UpdateAssumeRolePolicy", Json::Object({{"RoleName", "r"}, {"PolicyDocument", trust}}));
  Call("TagRole",
       Json::Object({{"RoleName", "r"},
                     {"Tags", Json::Array({Json::Object({{"Key", "a"}, {"Value", "1"}}),
                                           Json::Object({{"Key", "b"}, {"Value", "2"}})})}}));
  Call("UntagRole", Json::Object({{"RoleName", "r"}, {"TagKeys", Json::Array({"a"})}}));

  EXPECT_EQ(roles_.Get("123456789012", "r")->trust_policy, trust);
  EXPECT_EQ(Call("ListRoleTags", Json::Object({{"RoleName", "r"}})).Find("Tags")->size(), 1u);
}

TEST_F(IamServiceTest, TagKeysAreOneWhateverTheirCase) {
  CreateRole("r");
  const auto tag = [](const char* key, const char* value) {
    return Json::Object({{"Key", key}, {"Value", value}});
  };
  const auto request = [](Json tags) {
    return Json::Object({{"RoleName", "r"}, {"Tags", std::move(tags)}});
  };
  const auto tags = [&] {
    return *Call("ListRoleTags", Json::Object({{"RoleName", "r"}})).Find("Tags");
  };

  Call("TagRole", request(Json::Array({tag("Team", "1")})));
  Call("TagRole", request(Json::Array({tag("team", "2")})));
  EXPECT_EQ(tags(), Json::Array({tag("team", "2")}));
  EXPECT_EQ(Refusal("TagRole", request(Json::Array({tag("a", "1"), tag("A", "2")}))),
            "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case "
            "insensitive.");
  EXPECT_EQ(Refusal("TagRole", request(Json::Array({tag("AWS:a", "1")}))),
            "InvalidInput: aws: prefixed tag key names are not allowed for external use: 'AWS:a'");
  Call("UntagRole", Json::Object({{"RoleName", "r"}, {"TagKeys", Json::Array({"TEAM"})}}));
  EXPECT_EQ(tags().size(), 0u);
}

TEST_F(IamServiceTest, WhiteSpaceDoesNotCountAgainstQuotas) {
  const std::string space(10'240, ' ');
  const std::string long_sid(2048, 'a');
  const std::string long_trust =
      ReplaceAll(kTrust, R"("Effect")", R"("Sid":")" + long_sid + R"(","Effect")");

  EXPECT_EQ(Refusal("CreateRole",
                    Json::Object({{"RoleName", "r"}, {"AssumeRolePolicyDocument", long_trust}})),
            "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048");
  Call("CreateRole",
       Json::Object({{"RoleName", "r"}, {"AssumeRolePolicyDocument", space + kTrust}}));
  Call("PutRolePolicy",
       Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", space + kReadS3}}));
  Call("CreatePolicy", Json::Object({{"PolicyName", "p"}, {"PolicyDocument", space + kReadS3}}));
}

TEST_F(IamServiceTest, TagsOfAPolicyAreToldByGetPolicyAlways) {
  const Json tags = Json::Array({Json::Object({{"Key", "k"}, {"Value", "v"}})});
  const Json tagged =
      Call("CreatePolicy",
           Json::Object({{"PolicyName", "t"}, {"PolicyDocument", kReadS3}, {"Tags", tags}}));
  const Json plain =
      Call("CreatePolicy", Json::Object({{"PolicyName", "p"}, {"PolicyDocument", kReadS3}}));
  const auto get = [&](const Json& created) {
    const Json got =
        Call("GetPolicy", Json::Object({{"PolicyArn", created.Find("Policy")->GetString("Arn")}}));
    return *got.Find("Policy")->Find("Tags");
  };

  EXPECT_EQ(*tagged.Find("Policy")->Find("Tags"), tags);
  EXPECT_FALSE(plain.Find("Policy")->Has("Tags"));
  EXPECT_EQ(get(tagged), tags);
  EXPECT_EQ(get(plain), Json::Array());
}

TEST_F(IamServiceTest, TriesAgainWhenAnotherCallWasQuicker) {
  CreateRole("r");
  records_.FailNextCommit(FailedPrecondition("changed meanwhile"));

  Call("PutRolePolicy",
       Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", kReadS3}}));

  EXPECT_EQ(roles_.Get("123456789012", "r")->inline_policies.size(), 1u);
}

TEST_F(IamServiceTest, SimulatesWhatTheRoleMay) {
  CreateRole("r");
  Call("PutRolePolicy",
       Json::Object({{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", kReadS3}}));

  const Json reply =
      Call("SimulatePrincipalPolicy",
           Json::Object({{"PolicySourceArn", "arn:aws:iam::123456789012:role/r"},
                         {"ActionNames", Json::Array({"s3:GetObject", "s3:PutObject"})},
                         {"ResourceArns", Json::Array({"arn:aws:s3:::b/k"})}}));

  const auto& results = reply.Find("EvaluationResults")->AsArray();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].GetString("EvalActionName"), "s3:GetObject");
  EXPECT_EQ(results[0].GetString("EvalDecision"), "allowed");
  EXPECT_EQ(results[1].GetString("EvalDecision"), "implicitDeny");
  EXPECT_EQ(results[1].Find("MatchedStatements")->size(), 0u);
  // Which statement allowed it, and where it stands: the only one of kReadS3.
  ASSERT_EQ(results[0].Find("MatchedStatements")->size(), 1u);
  const Json& matched = results[0].Find("MatchedStatements")->AsArray()[0];
  EXPECT_EQ(matched.GetString("SourcePolicyId"), "role_r_p");
  EXPECT_EQ(matched.Find("StartPosition")->GetInt("Column"),
            static_cast<std::int64_t>(kReadS3.find("[{")) + 3);
  EXPECT_EQ(matched.Find("EndPosition")->GetInt("Column"),
            static_cast<std::int64_t>(kReadS3.find("}]")) + 2);
  EXPECT_EQ(results[0].Find("ResourceSpecificResults")->AsArray()[0],
            Json::Object({{"EvalResourceName", "arn:aws:s3:::b/k"},
                          {"EvalResourceDecision", "allowed"},
                          {"MatchedStatements", *results[0].Find("MatchedStatements")},
                          {"MissingContextValues", Json::Array()}}));
  const Json denied = Call(
      "SimulatePrincipalPolicy",
      Json::Object({{"PolicySourceArn", "arn:aws:iam::123456789012:role/r"},
                    {"ActionNames", Json::Array({"s3:GetObject"})},
                    {"PolicyInputList",
                     Json::Array({R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},)"
                                  "\n"
                                  R"({"Effect":"Deny","Action":"s3:*","Resource":"*"}]})"})}}));
  const Json& denial = denied.Find("EvaluationResults")->AsArray()[0];
  EXPECT_EQ(denial.GetString("EvalDecision"), "explicitDeny");
  ASSERT_EQ(denial.Find("MatchedStatements")->size(), 1u);
  EXPECT_EQ(denial.Find("MatchedStatements")->AsArray()[0].GetString("SourcePolicyId"),
            "PolicyInputList.1");
  EXPECT_EQ(*denial.Find("MatchedStatements")->AsArray()[0].Find("StartPosition"),
            Json::Object({{"Line", 2}, {"Column", 2}}));
  EXPECT_EQ(Refusal("SimulatePrincipalPolicy",
                    Json::Object({{"PolicySourceArn", "arn:aws:iam::123456789012:role/x"}})),
            "NoSuchEntity: The role with name x cannot be found.");
  for (const char* action : {"foo", "s3:", ":GetObject", "a:b:c"})
    EXPECT_EQ(Refusal("SimulatePrincipalPolicy",
                      Json::Object({{"PolicySourceArn", "arn:aws:iam::123456789012:role/r"},
                                    {"ActionNames", Json::Array({action})}})),
              "InvalidInput: Invalid action: " + std::string(action) +
                  ". Actions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
}

TEST_F(IamServiceTest, NamesThatDifferInCaseAloneAreTaken) {
  Call("CreateRole", Json::Object({{"RoleName", "Role"}, {"AssumeRolePolicyDocument", kTrust}}));

  EXPECT_EQ(Refusal("CreateRole",
                    Json::Object({{"RoleName", "rOLE"}, {"AssumeRolePolicyDocument", kTrust}})),
            "EntityAlreadyExists: Role with name rOLE already exists.");
}

TEST_F(IamServiceTest, AsksForPermissionOnTheWholeArn) {
  Call("CreateRole",
       Json::Object({{"RoleName", "r"}, {"Path", "/p/"}, {"AssumeRolePolicyDocument", kTrust}}));

  EXPECT_EQ(ResourceOf("GetRole", Json::Object({{"RoleName", "r"}})),
            "iam:GetRole arn:aws:iam::123456789012:role/p/r");
  EXPECT_EQ(ResourceOf("GetRole", Json::Object({{"RoleName", "x"}})),
            "iam:GetRole arn:aws:iam::123456789012:role/x");
  EXPECT_EQ(ResourceOf("CreateRole", Json::Object({{"RoleName", "x"}, {"Path", "/q/"}})),
            "iam:CreateRole arn:aws:iam::123456789012:role/q/x");
  EXPECT_EQ(ResourceOf("ListRoles", Json::Object()),
            "iam:ListRoles arn:aws:iam::123456789012:role/");
  EXPECT_EQ(ResourceOf("DeletePolicy", Json::Object({{"PolicyArn", kS3Full}})),
            "iam:DeletePolicy " + std::string(kS3Full));
  for (const auto& [name, operation] : service_->operations())
    EXPECT_TRUE(operation.document && operation.access) << name;
}

}  // namespace
}  // namespace sagebrush::services
