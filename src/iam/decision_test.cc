// SPDX-License-Identifier: Apache-2.0
#include "iam/decision.h"

#include <gtest/gtest.h>

#include "iam/condition.h"
#include "testing/fake_clock.h"
#include "testing/memory_record_store.h"

namespace sagebrush::iam {
namespace {

Json Policy(const std::string& statements) {
  auto policy = ParsePolicy(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}");
  EXPECT_TRUE(policy.ok()) << policy.status().ToString() << ": " << statements;
  return policy.ok() ? std::move(policy).value() : Json();
}

Effect Ask(const std::string& statements, std::string action, std::string resource,
           Context context = {}) {
  return Evaluate({Policy(statements)},
                  {std::move(action), std::move(resource), std::move(context)});
}

const std::string kAllowAll = R"({"Effect":"Allow","Action":"*","Resource":"*"})";

TEST(Evaluate, DeniesByDefaultAllowsByStatementAndDeniesAboveAll) {
  const std::string allow = R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})";
  const std::string deny = R"({"Effect":"Deny","Action":"s3:Delete*","Resource":"*"})";

  EXPECT_EQ(Ask(allow, "sagemaker:CreateModel", "*"), Effect::kImplicitDeny);
  EXPECT_EQ(Ask(allow, "s3:GetObject", "arn:aws:s3:::b/k"), Effect::kAllowed);
  EXPECT_EQ(Ask(allow + "," + deny, "s3:DeleteObject", "arn:aws:s3:::b/k"), Effect::kExplicitDeny);
  EXPECT_EQ(Ask(deny + "," + allow, "s3:DeleteObject", "arn:aws:s3:::b/k"), Effect::kExplicitDeny);
  EXPECT_EQ(Evaluate({Policy(allow), Policy(deny)}, {"s3:DeleteObject", "*", {}}),
            Effect::kExplicitDeny);
  EXPECT_EQ(Evaluate({}, {"s3:GetObject", "*", {}}), Effect::kImplicitDeny);
}

TEST(Evaluate, MatchesActionsWithoutCaseAndResourcesWithIt) {
  const std::string statement =
      R"({"Effect":"Allow","Action":["S3:get*","logs:Put?ogEvents"],"Resource":["arn:aws:s3:::bucket/*","arn:aws:logs:*:*:*"]})";

  EXPECT_EQ(Ask(statement, "s3:GetObject", "arn:aws:s3:::bucket/a/b"), Effect::kAllowed);
  EXPECT_EQ(Ask(statement, "s3:GetObject", "arn:aws:s3:::Bucket/a"), Effect::kImplicitDeny);
  EXPECT_EQ(Ask(statement, "s3:GetObject", "arn:aws:s3:::bucket"), Effect::kImplicitDeny);
  EXPECT_EQ(
      Ask(statement, "logs:PutLogEvents", "arn:aws:logs:us-west-2:1:log-group:/a:log-stream:s"),
      Effect::kAllowed);
  EXPECT_EQ(Ask(statement, "logs:PutXLogEvents", "arn:aws:logs:us-west-2:1:log-group:/a"),
            Effect::kImplicitDeny);
}

TEST(Evaluate, TakesWhatAnArnLeavesOutForStars) {
  for (const char* resource : {"arn:aws:logs", "arn:aws:logs:*", "arn:aws:logs:us-west-2"}) {
    const std::string statement =
        R"({"Effect":"Allow","Action":"*","Resource":")" + std::string(resource) + R"("})";
    EXPECT_EQ(Ask(statement, "logs:PutLogEvents", "arn:aws:logs:us-west-2:1:log-group:/a"),
              Effect::kAllowed);
    EXPECT_EQ(Ask(statement, "s3:GetObject", "arn:aws:s3:::b/k"), Effect::kImplicitDeny);
    EXPECT_EQ(Ask(statement, "logs:PutLogEvents", "arn:aws:logs:us-west-21:1:log-group:/a"),
              resource == std::string("arn:aws:logs:us-west-2") ? Effect::kImplicitDeny
                                                                : Effect::kAllowed);
  }
}

TEST(Evaluate, TurnsNotActionAndNotResourceAround) {
  EXPECT_EQ(Ask(R"({"Effect":"Allow","NotAction":"iam:*","Resource":"*"})", "s3:GetObject", "*"),
            Effect::kAllowed);
  EXPECT_EQ(Ask(R"({"Effect":"Allow","NotAction":"iam:*","Resource":"*"})", "IAM:GetRole", "*"),
            Effect::kImplicitDeny);
  const std::string others =
      R"({"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::mine/*"})";
  EXPECT_EQ(Ask(kAllowAll + "," + others, "s3:GetObject", "arn:aws:s3:::mine/a"), Effect::kAllowed);
  EXPECT_EQ(Ask(kAllowAll + "," + others, "s3:GetObject", "arn:aws:s3:::yours/a"),
            Effect::kExplicitDeny);
}

bool Holds(const std::string& conditions, const Context& context) {
  return ConditionsHold(Json::Parse(conditions).value(), context);
}

TEST(Conditions, CompareTexts) {
  EXPECT_TRUE(Holds(R"({"StringEquals":{"iam:PassedToService":["a","b"]}})",
                    {{"iam:passedtoservice", "b"}}));
  EXPECT_FALSE(Holds(R"({"StringEquals":{"k:k":"A"}})", {{"k:k", "a"}}));
  EXPECT_TRUE(Holds(R"({"StringEqualsIgnoreCase":{"k:k":"A"}})", {{"k:k", "a"}}));
  EXPECT_TRUE(Holds(R"({"StringLike":{"s3:prefix":["home/*"]}})", {{"s3:prefix", "home/x"}}));
  EXPECT_FALSE(Holds(R"({"StringEquals":{"s3:prefix":["home/*"]}})", {{"s3:prefix", "home/x"}}));
  EXPECT_FALSE(Holds(R"({"StringNotEquals":{"k:k":["a","b"]}})", {{"k:k", "b"}}));
  EXPECT_TRUE(Holds(R"({"StringNotLike":{"k:k":"a*"}})", {{"k:k", "b"}}));
}

TEST(Conditions, TreatAMissingKeyAsAwsDoes) {
  EXPECT_FALSE(Holds(R"({"StringEquals":{"k:k":"a"}})", {}));
  EXPECT_TRUE(Holds(R"({"StringNotEquals":{"k:k":"a"}})", {}));
  EXPECT_TRUE(Holds(R"({"StringEqualsIfExists":{"k:k":"a"}})", {}));
  EXPECT_FALSE(Holds(R"({"StringEqualsIfExists":{"k:k":"a"}})", {{"k:k", "b"}}));
  EXPECT_TRUE(Holds(R"({"Null":{"k:k":"true"}})", {}));
  EXPECT_FALSE(Holds(R"({"Null":{"k:k":true}})", {{"k:k", ""}}));
  EXPECT_TRUE(Holds(R"({"Null":{"k:k":false}})", {{"k:k", "x"}}));
  EXPECT_TRUE(Holds(R"({"ForAllValues:StringEquals":{"k:k":"a"}})", {}));
  EXPECT_FALSE(Holds(R"({"ForAnyValue:StringEquals":{"k:k":"a"}})", {}));
  EXPECT_FALSE(Holds(R"({"StringEquals":{"k:k":"a"},"Bool":{"k:b":"true"}})",
                     {{"k:k", "a"}, {"k:b", "false"}}));
}

TEST(Conditions, LookAtEachValueOfAKeyThatHasSeveral) {
  const auto holds = [](const std::string& conditions, std::vector<std::string> tags) {
    return ConditionsHold(Json::Parse(conditions).value(), {}, {{"aws:TagKeys", std::move(tags)}});
  };
  const std::string all = R"({"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}})";
  const std::string any = R"({"ForAnyValue:StringEquals":{"aws:tagkeys":["team","cost"]}})";
  const std::string none = R"({"ForAllValues:StringNotLike":{"aws:TagKeys":"secret*"}})";

  EXPECT_TRUE(holds(all, {"team", "cost"}));
  EXPECT_FALSE(holds(all, {"team", "other"}));
  EXPECT_TRUE(holds(all, {}));
  EXPECT_TRUE(holds(any, {"team", "other"}));
  EXPECT_FALSE(holds(any, {"other"}));
  EXPECT_FALSE(holds(any, {}));
  EXPECT_TRUE(holds(none, {"a", "b"}));
  EXPECT_FALSE(holds(none, {"a", "secret1"}));
  EXPECT_TRUE(holds(R"({"Null":{"aws:TagKeys":"true"}})", {}));
  EXPECT_TRUE(holds(R"({"Null":{"aws:TagKeys":"false"}})", {"a"}));
}

TEST(Conditions, CompareArnsPartByPart) {
  const Context context{{"aws:SourceArn", "arn:aws:sagemaker:us-west-2:1:training-job/a"}};

  EXPECT_TRUE(
      Holds(R"({"ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:*:1:training-job/*"}})", context));
  EXPECT_FALSE(Holds(R"({"ArnLike":{"aws:SourceArn":"arn:aws:*:training-job/a"}})", context));
  EXPECT_TRUE(Holds(R"({"ArnNotEquals":{"aws:SourceArn":"arn:aws:s3:*:*:*"}})", context));
}

TEST(Conditions, CompareNumbersTimesAndAddresses) {
  EXPECT_TRUE(Holds(R"({"NumericLessThanEquals":{"s3:max-keys":10}})", {{"s3:max-keys", "10"}}));
  EXPECT_FALSE(Holds(R"({"NumericGreaterThan":{"s3:max-keys":"10"}})", {{"s3:max-keys", "10"}}));
  EXPECT_FALSE(Holds(R"({"NumericEquals":{"k:k":"10"}})", {{"k:k", "ten"}}));
  EXPECT_TRUE(Holds(R"({"NumericNotEquals":{"k:k":"10"}})", {{"k:k", "11"}}));
  EXPECT_TRUE(Holds(R"({"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}})",
                    {{"aws:CurrentTime", "2026-11-24T00:00:00Z"}}));
  EXPECT_FALSE(Holds(R"({"DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}})",
                     {{"aws:CurrentTime", "2026-11-24T00:00:00Z"}}));
  EXPECT_TRUE(Holds(R"({"IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.1"]}})",
                    {{"aws:SourceIp", "127.0.0.1"}}));
  EXPECT_TRUE(
      Holds(R"({"IpAddress":{"aws:SourceIp":"10.1.0.0/17"}})", {{"aws:SourceIp", "10.1.127.9"}}));
  EXPECT_FALSE(
      Holds(R"({"IpAddress":{"aws:SourceIp":"10.1.0.0/17"}})", {{"aws:SourceIp", "10.1.128.9"}}));
  EXPECT_FALSE(Holds(R"({"IpAddress":{"aws:SourceIp":"::/0"}})", {{"aws:SourceIp", "10.1.128.9"}}));
  EXPECT_FALSE(Holds(R"({"IpAddress":{"aws:SourceIp":["10.0.0.0/33","me",""]}})",
                     {{"aws:SourceIp", "10.1.128.9"}}));
  EXPECT_TRUE(Holds(R"({"NotIpAddress":{"aws:SourceIp":"2001:db8::/32"}})",
                    {{"aws:SourceIp", "10.1.128.9"}}));
  EXPECT_TRUE(Holds(R"({"IpAddress":{"aws:SourceIp":"2001:db8::/32"}})",
                    {{"aws:SourceIp", "2001:db8::1"}}));
  EXPECT_FALSE(Holds(R"({"Guess":{"k:k":"1"}})", {{"k:k", "1"}}));
}

TEST(Conditions, FillVariablesInWithTextThatHasNoWildcards) {
  const std::string home =
      R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:userid}/*"})";

  EXPECT_EQ(Ask(home, "s3:GetObject", "arn:aws:s3:::b/me/x", {{"aws:userid", "me"}}),
            Effect::kAllowed);
  EXPECT_EQ(Ask(home, "s3:GetObject", "arn:aws:s3:::b/you/x", {{"aws:userid", "me"}}),
            Effect::kImplicitDeny);
  EXPECT_EQ(Ask(home, "s3:GetObject", "arn:aws:s3:::b/you/x", {{"aws:userid", "*"}}),
            Effect::kImplicitDeny);
  EXPECT_EQ(Ask(home, "s3:GetObject", "arn:aws:s3:::b/me/x"), Effect::kImplicitDeny);
  EXPECT_TRUE(Holds(R"({"StringEquals":{"k:k":"${*}"}})", {{"k:k", "*"}}));
  EXPECT_TRUE(
      Holds(R"({"StringEquals":{"k:k":"${aws:username, 'nobody'}"}})", {{"k:k", "nobody"}}));
}

TEST(Glob, NeedsNoBacktrackingTime) {
  EXPECT_TRUE(Glob("*a*b", "xxaxxab"));
  EXPECT_FALSE(Glob("a?c", "ac"));
  EXPECT_TRUE(Glob("", ""));
  EXPECT_FALSE(Glob(std::string(50, '*') + "b", std::string(5000, 'a')));
}

std::string Refusal(const std::string& text, bool is_trust = false) {
  const auto policy = is_trust ? ParseTrustPolicy(text) : ParseIdentityPolicy(text);
  return policy.ok() ? "accepted" : policy.status().message();
}

TEST(ParseIdentityPolicy, RefusesInAwsWords) {
  const auto of = [](const std::string& statement) {
    return Refusal(R"({"Version":"2012-10-17","Statement":)" + statement + "}");
  };

  EXPECT_EQ(Refusal("{"), "Syntax errors in policy.");
  EXPECT_EQ(Refusal("[]"), "Syntax errors in policy.");
  EXPECT_EQ(Refusal("{}"), "Syntax errors in policy.");
  EXPECT_EQ(Refusal(R"({"Version":"2020-01-01","Statement":[]})"), "Syntax errors in policy.");
  EXPECT_EQ(of(kAllowAll), "accepted");
  EXPECT_EQ(of("[" + kAllowAll + "]"), "accepted");
  EXPECT_EQ(of(R"({"Effect":"Allow","Resource":"*"})"), "Policy statement must contain actions.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"*"})"), "Policy statement must contain resources.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"Get","Resource":"*"})"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"s3:*","Resource":"bucket"})"),
            "Resource bucket must be in ARN format or \"*\".");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"})"),
            "Policy document should not specify a principal.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"s3:*","Resource":"*","NotPrincipal":"*"})"),
            "Policy document should not specify a principal.");
  EXPECT_EQ(
      of(R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringsEqual":{"k:k":"a"}}})"),
      "Syntax errors in policy.");
  EXPECT_EQ(of(R"({"Effect":"Maybe","Action":"s3:*","Resource":"*"})"), "Syntax errors in policy.");
  EXPECT_EQ(of(R"({"Effect":"allow","Action":"s3:*","Resource":"*"})"),
            "The policy failed legacy parsing");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":[],"Resource":"*"})"),
            "Policy statement must contain actions.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"*","Resource":[]})"),
            "Policy statement must contain resources.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":{},"Resource":"*"})"), "Syntax errors in policy.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"s3:Get:Object","Resource":"*"})"),
            "Actions/Condition can contain only one colon.");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"s 3:Get","Resource":"*"})"),
            "Vendor s 3 is not valid");
  EXPECT_EQ(of(R"([{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},
                   {"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}])"),
            "Statement IDs (SID) in a single policy must be unique.");
  EXPECT_EQ(of(R"({"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"})"),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
            "regular expression [0-9A-Za-z]*");
  // Of two faults AWS tells the same one: what stands in no ARN before what is no action.
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"Get","Resource":"bucket"})"),
            "Resource bucket must be in ARN format or \"*\".");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Extra":1})"),
            "Syntax errors in policy.");
}

TEST(ParseIdentityPolicy, RefusesResourcesThatNameNothing) {
  const auto of = [](const std::string& resource) {
    return Refusal(R"({"Statement":{"Effect":"Allow","Action":"*","Resource":")" + resource +
                   R"("}})");
  };

  for (const char* lawful :
       {"*", "arn:aws:s3:::b/*", "arn:*:s3:::b", "arn:aws:iam::123456789012:role/*",
        "arn:aws:iam::123456789012:*", "arn:aws:sagemaker:*:*:endpoint/*", "arn:aws:x",
        "arn:aws:s3:us-east-1:123456789012:accesspoint/a", "arn:aws:s3:*:*:job/*"})
    EXPECT_EQ(of(lawful), "accepted") << lawful;
  EXPECT_EQ(of("b:c:d"), "Partition \"c\" is not valid for resource \"arn:c:d:*:*:*\".");
  EXPECT_EQ(of("aws:s3:::b:*"), "Partition \"s3\" is not valid for resource \"arn:s3:::b:*\".");
  for (const char* other : {"Arn:aws:s3:::b/*", "foo:aws:s3:::b/*", "*:aws:s3:::b/*"})
    EXPECT_EQ(of(other), "Resource " + std::string(other) + " must be in ARN format or \"*\".");
  EXPECT_EQ(of("arn:aws"), "Resource vendor must be fully qualified and cannot contain regexes.");
  EXPECT_EQ(of("arn:aws:s3:us-east-1::b"),
            "Resource arn:aws:s3:us-east-1::b can not contain region information.");
  EXPECT_EQ(of("arn:aws:iam:us-east-1::role/r"),
            "IAM resource arn:aws:iam:us-east-1::role/r cannot contain region information.");
  EXPECT_EQ(of("arn:aws:iam::123456789012:roles/r"),
            "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, "
            "group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, "
            "saml-provider/, oidc-provider/, report/, access-report/.");
  for (const char* old : {"arn:aws:s3::b", "arn:aws::b", "arn:aws::::b"})
    EXPECT_EQ(of(old), "The policy failed legacy parsing") << old;
}

TEST(ParseIdentityPolicy, RefusesDatesThatAreNone) {
  const auto of = [](const std::string& date) {
    return Refusal(
        R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":")" +
        date + R"("}}}})");
  };

  for (const char* lawful : {"2026-11-25T10:00:00Z", "2026-11-25", "2026-11", "1700000000",
                             "2026-11-25T10:00", "2026-11-25T10:00:00.5+01:00"})
    EXPECT_EQ(of(lawful), "accepted") << lawful;
  for (const char* wrong : {"soon", "2026-13", "2026-11-25T2:00:00.5+1", "9223372036854775808",
                            "2026-11-25T10:00:00.1999999999+10:59"})
    EXPECT_EQ(of(wrong), "The policy failed legacy parsing") << wrong;
}

TEST(Evaluate, ObeysEveryDateThatIsTaken) {
  const auto at = [](const std::string& op, const std::string& date, const char* now) {
    const std::string statement = R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{")" +
                                  op + R"(":{"aws:CurrentTime":")" + date + R"("}}})";
    const auto policy = ParseIdentityPolicy(R"({"Statement":)" + statement + "}");
    EXPECT_TRUE(policy.ok()) << date;
    return Evaluate({*policy}, {.action = "s3:GetObject",
                                .resource = "arn:aws:s3:::b/k",
                                .context = {{"aws:CurrentTime", now}}});
  };

  for (const char* date :
       {"2020", "2020-11", "2020-1", "2020-2-3", "2020-11-25", "2020-11-25T", "2020-11-25T10",
        "2020-11-25T10:00", "2020-11-25T10:00:00", "2020-11-25t10:00:00.5Z",
        "2020-11-25T10:00:00+01", "2020-11-25T10:00:00-01:30", "1600000000", "-5-01-01"}) {
    EXPECT_EQ(at("DateGreaterThan", date, "2026-11-25T10:00:00Z"), Effect::kExplicitDeny) << date;
    EXPECT_EQ(at("DateLessThan", date, "2026-11-25T10:00:00Z"), Effect::kImplicitDeny) << date;
  }
  EXPECT_EQ(at("DateLessThan", "12026-01-01", "2026-11-25T10:00:00Z"), Effect::kExplicitDeny);
  for (const char* same : {"2026-11-25T11:30:00+01:30", "2026-11-25T10", "2026-11-25T9:00-01"})
    EXPECT_EQ(at("DateEquals", same, "2026-11-25T10:00:00Z"), Effect::kExplicitDeny) << same;
}

TEST(ParseIdentityPolicy, TakesConditionsThatAwsTakes) {
  const auto of = [](const std::string& condition) {
    return Refusal(R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":)" +
                   condition + "}}");
  };

  for (const char* lawful :
       {R"({})", R"({"DateGreaterThan":{}})", R"({"Nonsense":{}})", R"({"StringEquals":{"a":"b"}})",
        R"({"StringEquals":{"a":[]}})", R"({"NumericLessThan":{"s3:max-keys":10}})"})
    EXPECT_EQ(of(lawful), "accepted") << lawful;
  for (const char* wrong : {R"([])", R"({"DateGreaterThan":[]})", R"({"Nonsense":{"a":"b"}})",
                            R"({"StringEquals":{"a":{}}})", R"({"StringEquals":{"a":null}})"})
    EXPECT_EQ(of(wrong), "Syntax errors in policy.") << wrong;
  EXPECT_EQ(Ask(R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Nonsense":{}}})",
                "s3:GetObject", "*"),
            Effect::kExplicitDeny);
}

TEST(ParseManagedPolicy, IsOfTheNewerVersion) {
  for (const char* version : {"", R"("Version":"2008-10-17",)"}) {
    const std::string text = "{" + std::string(version) + R"("Statement":)" + kAllowAll + "}";
    EXPECT_EQ(Refusal(text), "accepted");
    EXPECT_EQ(ParseManagedPolicy(text).status().message(),
              "Policy document must be version 2012-10-17 or greater.");
  }
}

TEST(ParseTrustPolicy, RefusesInAwsWords) {
  const auto of = [](const std::string& statement) {
    return Refusal(R"({"Version":"2012-10-17","Statement":[)" + statement + "]}", true);
  };

  EXPECT_EQ(
      of(R"({"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"})"),
      "accepted");
  EXPECT_EQ(
      of(R"({"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:root"]},"Action":["sts:AssumeRole","sts:TagSession"]})"),
      "accepted");
  EXPECT_EQ(of(R"({"Effect":"Allow","Action":"sts:AssumeRole"})"),
            "Missing required field Principal");
  EXPECT_EQ(of(R"({"Effect":"Allow","Principal":{"AWS":"me"},"Action":"sts:AssumeRole"})"),
            "Invalid principal in policy: \"AWS\":\"me\"");
  EXPECT_EQ(of(R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"})"),
            "Has prohibited field Resource");
  EXPECT_EQ(of(R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoles"})"),
            "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  "
            "and sts:AssumeRoleWithWebIdentity");
  EXPECT_EQ(of(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject"})"),
            "AssumeRole policy may only specify STS AssumeRole actions.");
}

TEST(Trusts, DecidesByPrincipal) {
  const auto trusts = [](const std::string& named, std::string_view principal,
                         const std::string& effect = "Allow") {
    const auto policy =
        ParseTrustPolicy(R"({"Statement":[{"Effect":")" + effect + R"(","Principal":)" + named +
                         R"(,"Action":"sts:AssumeRole"}]})");
    EXPECT_TRUE(policy.ok()) << policy.status().ToString();
    return Trusts(*policy, principal, "sts:AssumeRole");
  };
  const std::string_view session = "arn:aws:sts::123456789012:assumed-role/Role/SageMaker";

  EXPECT_TRUE(trusts(R"({"Service":["ec2.amazonaws.com","sagemaker.amazonaws.com"]})",
                     "sagemaker.amazonaws.com"));
  EXPECT_FALSE(trusts(R"({"Service":"ec2.amazonaws.com"})", "sagemaker.amazonaws.com"));
  EXPECT_FALSE(trusts(R"({"AWS":"*"})", "sagemaker.amazonaws.com"));
  EXPECT_TRUE(trusts(R"({"AWS":"*"})", session));
  EXPECT_TRUE(trusts(R"({"AWS":"123456789012"})", session));
  EXPECT_TRUE(trusts(R"({"AWS":"arn:aws:iam::123456789012:root"})", session));
  EXPECT_FALSE(trusts(R"({"AWS":"arn:aws:iam::210987654321:root"})", session));
  EXPECT_TRUE(trusts(R"({"AWS":"arn:aws:iam::123456789012:role/service-role/Role"})", session));
  EXPECT_FALSE(trusts(R"({"AWS":"arn:aws:iam::123456789012:role/Rol"})", session));
  EXPECT_FALSE(trusts(R"({"AWS":"arn:aws:iam::210987654321:role/Role"})", session));
  EXPECT_TRUE(
      trusts(R"({"AWS":"arn:aws:sts::123456789012:assumed-role/Role/SageMaker"})", session));
  EXPECT_FALSE(trusts(R"({"AWS":"arn:aws:sts::123456789012:assumed-role/Role/Other"})", session));
  EXPECT_FALSE(trusts(R"("*")", session, "Deny"));
}

TEST(Trusts, AsksForTheExternalId) {
  const auto policy =
      ParseTrustPolicy(
          R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}})")
          .value();
  const std::string_view session = "arn:aws:sts::123456789012:assumed-role/Role/s";

  EXPECT_FALSE(Trusts(policy, session, "sts:AssumeRole"));
  EXPECT_TRUE(Trusts(policy, session, "sts:AssumeRole", {{"sts:ExternalId", "x"}}));
}

class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest() {
    Role role;
    role.name = "Role";
    role.account = "123456789012";
    role.id = "AROAROLE";
    role.inline_policies["p"] =
        R"({"Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]})";
    role.attached_policies = {"arn:aws:iam::aws:policy/CloudWatchLogsFullAccess"};
    EXPECT_TRUE(roles_.Create(role).ok());
    session_.kind = Principal::Kind::kRoleSession;
    session_.account = "123456789012";
    session_.role_name = "Role";
    session_.user_id = "AROAROLE:s";
    session_.arn = "arn:aws:sts::123456789012:assumed-role/Role/s";
  }
  Effect Decide(const Principal& principal, std::string action, std::string resource = "*") {
    return authorizer_.Decide(principal, {std::move(action), std::move(resource), {}}).value();
  }

  testing::FakeClock clock_;
  testing::MemoryRecordStore records_;
  Roles roles_{records_, clock_};
  Authorizer authorizer_{roles_};
  Principal session_;
};

TEST_F(AuthorizerTest, LetsASessionDoWhatItsRoleMay) {
  EXPECT_EQ(Decide(session_, "s3:GetObject", "arn:aws:s3:::b/k"), Effect::kAllowed);
  EXPECT_EQ(
      Decide(session_, "logs:CreateLogGroup", "arn:aws:logs:us-west-2:123456789012:log-group:a"),
      Effect::kAllowed);
  EXPECT_EQ(Decide(session_, "s3:PutObject", "arn:aws:s3:::b/k"), Effect::kImplicitDeny);
}

TEST_F(AuthorizerTest, StopsAtTheAccount) {
  EXPECT_EQ(
      Decide(session_, "logs:CreateLogGroup", "arn:aws:logs:us-west-2:210987654321:log-group:a"),
      Effect::kImplicitDeny);
  Principal root;
  root.account = "123456789012";
  EXPECT_EQ(Decide(root, "iam:CreateRole", "arn:aws:iam::123456789012:role/x"), Effect::kAllowed);
  EXPECT_EQ(Decide(root, "iam:CreateRole", "arn:aws:iam::210987654321:role/x"),
            Effect::kImplicitDeny);
}

TEST_F(AuthorizerTest, DeniesSessionsOfARoleThatIsGoneOrNew) {
  auto stranger = session_;
  stranger.user_id = "AROAOLD:s";
  EXPECT_EQ(Decide(stranger, "s3:GetObject"), Effect::kImplicitDeny);
  ASSERT_TRUE(roles_.Delete("123456789012", "Role").ok());
  EXPECT_EQ(Decide(session_, "s3:GetObject"), Effect::kImplicitDeny);
}

TEST_F(AuthorizerTest, AChangeOfTheRoleOrAPolicyCountsFromTheNextRequestOn) {
  ManagedPolicy policy;
  policy.account = "123456789012";
  policy.name = "p";
  policy.document = R"({"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]})";
  ASSERT_TRUE(roles_.CreatePolicy(policy).ok());
  Role role = roles_.Get("123456789012", "Role").value();
  role.attached_policies.push_back(policy.arn());
  EXPECT_EQ(Decide(session_, "sqs:SendMessage"), Effect::kImplicitDeny);

  ASSERT_TRUE(roles_.Update(role).ok());
  EXPECT_EQ(Decide(session_, "sqs:SendMessage"), Effect::kAllowed);

  role.version += 1;
  role.attached_policies.pop_back();
  ASSERT_TRUE(roles_.Update(role).ok());
  EXPECT_EQ(Decide(session_, "sqs:SendMessage"), Effect::kImplicitDeny);
}

TEST_F(AuthorizerTest, KnowsItsTagsAsThePrincipals) {
  Role role = roles_.Get("123456789012", "Role").value();
  role.tags["team"] = "blue";
  role.inline_policies["q"] =
      R"({"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}]})";
  ASSERT_TRUE(roles_.Update(role).ok());

  EXPECT_EQ(Decide(session_, "sqs:SendMessage"), Effect::kAllowed);
}

TEST_F(AuthorizerTest, AsksForAResourcesTagsOnlyWhenAPolicySpeaksOfThem) {
  int asked = 0;
  const auto decide = [&](const std::string& team) {
    Access access{.action = "sagemaker:DeleteModel", .resource = "*"};
    access.resource_tags = [&]() -> Result<std::map<std::string, std::string>> {
      ++asked;
      return std::map<std::string, std::string>{{"team", team}};
    };
    return authorizer_.Decide(session_, access).value();
  };
  EXPECT_EQ(decide("blue"), Effect::kImplicitDeny);
  EXPECT_EQ(asked, 0);

  Role role = roles_.Get("123456789012", "Role").value();
  role.inline_policies["q"] =
      R"({"Statement":[{"Effect":"Allow","Action":"sagemaker:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue","sagemaker:ResourceTag/team":"blue"}}}]})";
  ASSERT_TRUE(roles_.Update(role).ok());
  EXPECT_EQ(decide("blue"), Effect::kAllowed);
  EXPECT_EQ(decide("red"), Effect::kImplicitDeny);
  EXPECT_EQ(asked, 2);
}

TEST_F(AuthorizerTest, NarrowsASessionByItsPolicies) {
  auto narrow = session_;
  narrow.session_policies = {
      R"({"Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}]})"};

  EXPECT_EQ(Decide(narrow, "s3:GetObject", "arn:aws:s3:::b/k"), Effect::kAllowed);
  EXPECT_EQ(Decide(narrow, "s3:GetObject", "arn:aws:s3:::c/k"), Effect::kImplicitDeny);
  EXPECT_EQ(Decide(narrow, "s3:PutObject", "arn:aws:s3:::b/k"), Effect::kImplicitDeny);
  narrow.session_policies.clear();
  narrow.session_policy_arns = {"arn:aws:iam::aws:policy/CloudWatchLogsFullAccess"};
  EXPECT_EQ(Decide(narrow, "s3:GetObject", "arn:aws:s3:::b/k"), Effect::kImplicitDeny);
}

TEST_F(AuthorizerTest, GivesNothingToServicesAndUsers) {
  auto other = session_;
  other.kind = Principal::Kind::kService;
  EXPECT_EQ(Decide(other, "s3:GetObject"), Effect::kImplicitDeny);
  other.kind = Principal::Kind::kUser;
  EXPECT_EQ(Decide(other, "s3:GetObject"), Effect::kImplicitDeny);
}

TEST(AwsManagedPolicies, AreAllReadable) {
  testing::FakeClock clock;
  testing::MemoryRecordStore records;
  Roles roles(records, clock);
  for (const char* name : {"AdministratorAccess", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess",
                           "AmazonSageMakerFullAccess", "CloudWatchLogsFullAccess"}) {
    const auto policy = roles.GetPolicy("arn:aws:iam::aws:policy/" + std::string(name));
    ASSERT_TRUE(policy.ok()) << name;
    EXPECT_TRUE(ParseIdentityPolicy(policy->document).ok())
        << name << ParseIdentityPolicy(policy->document).status().ToString();
    EXPECT_EQ(policy->arn(), "arn:aws:iam::aws:policy/" + std::string(name));
  }
}

}  // namespace
}  // namespace sagebrush::iam
