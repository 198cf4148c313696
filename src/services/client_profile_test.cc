// SPDX-License-Identifier: Apache-2.0
#include "services/client_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::services {
namespace {

using testing::HasSubstr;
using testing::Not;

const ClientProfile kProfile{.name = "sagebrush",
                             .region = "us-west-2",
                             .endpoint_url = "http://127.0.0.1:7070",
                             .ca_bundle = "/data/client/ca-bundle.pem",
                             .credential_process = "/bin/sagebrush env --credential-process"};

constexpr std::string_view kUsers =
    "[default]\nregion = eu-west-1\n\n# work\n[profile \"work\"] ; mine\nrole_arn = x\ns3 =\n  "
    "addressing_style = path\n[sso-session corp]\nsso_region = eu-west-1\n";

TEST(ClientProfile, ComesAtTheEndAndGoesWithoutATrace) {
  const std::string with = AddProfile(kUsers, kProfile);

  EXPECT_TRUE(with.starts_with(kUsers));
  EXPECT_THAT(with, HasSubstr("\n[profile sagebrush]\nregion = us-west-2\nendpoint_url = "
                              "http://127.0.0.1:7070\nca_bundle = /data/client/ca-bundle.pem\n"
                              "credential_process = /bin/sagebrush env --credential-process\n"));
  EXPECT_EQ(RemoveProfile(with, ""), kUsers);
  EXPECT_EQ(RemoveProfile(AddProfile("", kProfile), ""), "");
  EXPECT_EQ(RemoveProfile(kUsers, ""), kUsers);
}

TEST(ClientProfile, ALastLineWithoutItsEndIsNotJoinedToOurs) {
  EXPECT_THAT(AddProfile("[default]\nregion = x", kProfile), HasSubstr("region = x\n# >>>"));
}

TEST(ClientProfile, GoesFromAFileThatWasEditedMeanwhile) {
  const std::string with = AddProfile(kUsers, kProfile) + "[profile later]\nregion = x\n";

  EXPECT_EQ(RemoveProfile(with, "[default]\nregion = old\n"),
            std::string(kUsers) + "[default]\nregion = old\n[profile later]\nregion = x\n");
}

TEST(ClientProfile, GoesAloneWhereItsLastLineWasDeleted) {
  std::string with = AddProfile(kUsers, kProfile);
  with.resize(with.find("# <<< sagebrush"));
  const std::string later = "[profile later]\nregion = x\n# theirs\n[sso-session s]\na = b\n";

  EXPECT_EQ(RemoveProfile(with + later, ""), std::string(kUsers) + later);
  EXPECT_EQ(RemoveProfile(with, ""), kUsers);
}

TEST(ClientProfile, OfTheUsersIsFoundByItsHeader) {
  EXPECT_TRUE(HasProfile(kUsers, "default", ProfileFile::kConfig));
  EXPECT_TRUE(HasProfile(kUsers, "work", ProfileFile::kConfig));
  EXPECT_FALSE(HasProfile(kUsers, "corp", ProfileFile::kConfig));
  EXPECT_FALSE(HasProfile(kUsers, "wor", ProfileFile::kConfig));
  EXPECT_FALSE(HasProfile("# [default]\n", "default", ProfileFile::kConfig));
  EXPECT_FALSE(HasProfile("[work]\n", "work", ProfileFile::kConfig));
  EXPECT_TRUE(HasProfile("[work]\n", "work", ProfileFile::kCredentials));
}

TEST(ClientProfile, OfTheUsersIsTakenOutWhole) {
  std::string removed;
  const std::string kept = TakeOutProfile(kUsers, "default", &removed);

  EXPECT_EQ(removed, "[default]\nregion = eu-west-1\n\n# work\n");
  EXPECT_EQ(removed + kept, kUsers);
  EXPECT_FALSE(HasProfile(kept, "default", ProfileFile::kConfig));
}

TEST(ClientProfile, HasANameThatNeedsNoQuotes) {
  for (const char* name : {"default", "sagebrush", "a.b_c-9"}) EXPECT_TRUE(IsProfileName(name));
  for (const char* name : {"", "a b", "a]", "\"a\"", "a\nb", "é"})
    EXPECT_FALSE(IsProfileName(name));
}

TEST(ClientProfile, WordsOfTheProcessAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(QuoteWord("/home/u/sagebrush"), "/home/u/sagebrush");
  EXPECT_EQ(QuoteWord("/My Data/$x\"y"), "\"/My Data/\\$x\\\"y\"");
  EXPECT_EQ(QuoteWord(""), "\"\"");
}

constexpr std::string_view kEndpoints =
    R"({"partitions":[{"partition":"aws","regions":{"us-west-2":{},"eu-west-1":{}},)"
    R"("services":{"sts":{"endpoints":{"us-west-2":{"variants":[]},"eu-west-1":{}}},"s3":{}}},)"
    R"({"partition":"aws-cn","regions":{"cn-north-1":{}},"services":{}}],"version":3})"
    "\n";

TEST(StsOverride, LeadsOneRegionAndCanBeTakenBack) {
  const auto made = OverrideSts(kEndpoints, "us-west-2", "127.0.0.1:7070");

  ASSERT_TRUE(made.ok());
  EXPECT_THAT(made->text, HasSubstr(R"("us-west-2":{"variants":[],"hostname":"127.0.0.1:7070"})"));
  EXPECT_THAT(made->text, HasSubstr(R"("eu-west-1":{})"));
  EXPECT_EQ(RestoreSts(made->text, "us-west-2", "127.0.0.1:7070", made->previous).value(),
            kEndpoints);
}

TEST(StsOverride, MakesWhatAPartitionLacks) {
  const auto made = OverrideSts(kEndpoints, "cn-north-1", "h:1");

  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made->previous.is_null());
  EXPECT_THAT(made->text,
              HasSubstr(R"("services":{"sts":{"endpoints":{"cn-north-1":{"hostname":"h:1"}}}})"));
  EXPECT_THAT(RestoreSts(made->text, "cn-north-1", "h:1", made->previous).value(),
              Not(HasSubstr("h:1")));
}

TEST(StsOverride, LeavesWhatSomebodyElseHasSetSince) {
  const std::string text = OverrideSts(kEndpoints, "us-west-2", "theirs:1")->text;

  EXPECT_EQ(RestoreSts(text, "us-west-2", "ours:1", Json()).value(), text);
}

TEST(StsOverride, RefusesWhatIsNoListOfEndpoints) {
  EXPECT_FALSE(OverrideSts("{}", "us-west-2", "h:1").ok());
  EXPECT_FALSE(OverrideSts("no json", "us-west-2", "h:1").ok());
  EXPECT_FALSE(OverrideSts(kEndpoints, "mars-1", "h:1").ok());
}

}  // namespace
}  // namespace sagebrush::services
