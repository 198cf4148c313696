// SPDX-License-Identifier: Apache-2.0
// Tags and lists through the door the request chain uses.
#include "services/sagemaker/tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/sagemaker/list.h"
#include "services/sagemaker/resource.h"
#include "services/sagemaker/test_sagemaker.h"

namespace sagebrush::services::sagemaker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json Tag(const std::string& key, const std::string& value) {
  return Json::Object({{"Key", key}, {"Value", value}});
}

class TagsTest : public SageMakerTest {
 protected:
  std::string Keep(const ResourceType& type, const std::string& name,
                   const std::string& status = "") {
    context_.now = clock_.Now();
    auto record = NewRecord(type, context_, Json::Object({{type.name_member, name}}));
    record.value().status = status;
    EXPECT_TRUE(records_.Insert(record.value()).ok());
    return record.value().document.GetString("arn");
  }
  std::vector<std::string> TagsAt(const std::string& arn) {
    std::vector<std::string> out;
    const auto listed = Try("ListTags", Json::Object({{"ResourceArn", arn}}));
    EXPECT_TRUE(listed.ok());
    for (const auto& tag : listed->Find("Tags")->AsArray())
      out.push_back(tag.GetString("Key") + "=" + tag.GetString("Value"));
    return out;
  }
  std::string Add(const std::string& arn, std::initializer_list<Json> tags) {
    return Refusal("AddTags", Json::Object({{"ResourceArn", arn}, {"Tags", Json::Array(tags)}}));
  }
  // All names over all pages.
  std::vector<std::string> Names(const std::string& operation, Json input) {
    std::vector<std::string> names;
    for (;;) {
      const auto page = Try(operation, input);
      EXPECT_TRUE(page.ok());
      for (const auto& [member, list] : page->AsObject())
        if (list.is_array())
          for (const auto& entry : list.AsArray())
            names.push_back(entry.AsObject().front().second.AsString());
      if (!page->Has("NextToken")) return names;
      input["NextToken"] = page->GetString("NextToken");
    }
  }
};

TEST_F(TagsTest, AreAddedChangedListedAndTakenAwayOnEveryKind) {
  for (const auto* type : {&kTrainingJob, &kModel, &kEndpointConfig, &kEndpoint}) {
    const std::string arn = Keep(*type, "Mixed-Case");
    EXPECT_THAT(TagsAt(arn), IsEmpty());
    EXPECT_EQ(Add(arn, {Tag("team", "blue"), Tag("cost", "1")}), "accepted");
    EXPECT_EQ(Add(arn, {Tag("team", "red")}), "accepted");
    EXPECT_THAT(TagsAt(arn), ElementsAre("cost=1", "team=red")) << type->noun;
    EXPECT_EQ(Refusal("DeleteTags", Json::Object({{"ResourceArn", arn},
                                                  {"TagKeys", Json::Array({"team", "other"})}})),
              "accepted");
    EXPECT_THAT(TagsAt(arn), ElementsAre("cost=1"));
  }
}

TEST_F(TagsTest, AddingToAResourceTellsAllThatItHasAndLeavesItsTimes) {
  const std::string arn = Keep(kModel, "m");
  ASSERT_EQ(Add(arn, {Tag("a", "1")}), "accepted");
  clock_.Advance(std::chrono::seconds(5));
  const auto added =
      Try("AddTags", Json::Object({{"ResourceArn", arn}, {"Tags", Json::Array({Tag("b", "2")})}}));
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added->Find("Tags")->size(), 2u);
  const auto record = records_.Get(KeyOf(kModel, context_, "m"));
  EXPECT_EQ(record->modified, record->created);
}

TEST_F(TagsTest, AreRefusedWhereAwsRefusesThem) {
  const std::string arn = Keep(kModel, "m");
  EXPECT_THAT(Add(arn, {Tag("aws:x", "1")}), HasSubstr("aws: prefixed tag key names"));
  EXPECT_THAT(Add(arn, {Tag("AWS:x", "1")}), HasSubstr("aws: prefixed tag key names"));
  EXPECT_THAT(Add(arn, {Tag("a", "1"), Tag("a", "2")}), HasSubstr("Duplicate tag keys"));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(Add(arn, {Tag("k" + std::to_string(i), "")}), "accepted");
  EXPECT_EQ(Add(arn, {Tag("k0", "again")}), "accepted");
  EXPECT_THAT(Add(arn, {Tag("one more", "")}), HasSubstr("at most 50 tags"));
}

TEST_F(TagsTest, OfAnUnknownResourceAreRefusedByItsName) {
  const std::string arn = "arn:aws:sagemaker:us-west-2:123456789012:";
  const auto words = [&](const std::string& resource) {
    return Refusal("ListTags", Json::Object({{"ResourceArn", resource}}));
  };
  EXPECT_EQ(words(arn + "model/none"),
            "ValidationException: Could not find model \"" + arn + "model/none\".");
  EXPECT_EQ(words(arn + "training-job/none"), "ValidationException: Requested resource not found.");
  EXPECT_THAT(words(arn + "notebook-instance/n"), HasSubstr("cannot be tagged on this server"));
  Keep(kModel, "m");
  EXPECT_THAT(words("arn:aws:sagemaker:us-east-1:123456789012:model/m"),
              HasSubstr("Could not find model"));
}

TEST_F(TagsTest, ComeWithACreateAndGoWithADelete) {
  const Json input =
      Json::Object({{"ModelName", "m"}, {"Tags", Json::Array({Tag("a", "1"), Tag("b", "2")})}});
  auto record = NewRecord(kModel, context_, input);
  ASSERT_TRUE(record.ok());
  EXPECT_FALSE(record->document.Find("request")->Has("Tags"));
  ASSERT_TRUE(records_.Insert(record.value()).ok());
  const std::string arn = record->document.GetString("arn");
  EXPECT_THAT(TagsAt(arn), ElementsAre("a=1", "b=2"));
  ASSERT_TRUE(Try("DeleteModel", Json::Object({{"ModelName", "m"}})).ok());
  Keep(kModel, "m");
  EXPECT_THAT(TagsAt(arn), IsEmpty());
}

TEST_F(TagsTest, ArePagedByTokensOfTheirOwn) {
  const std::string arn = Keep(kModel, "m");
  ASSERT_EQ(Add(arn, {Tag("a", ""), Tag("b", ""), Tag("c", "")}), "accepted");
  const auto first = Try("ListTags", Json::Object({{"ResourceArn", arn}, {"MaxResults", 2}}));
  ASSERT_EQ(first->Find("Tags")->size(), 2u);
  const auto rest =
      Try("ListTags",
          Json::Object({{"ResourceArn", arn}, {"NextToken", first->GetString("NextToken")}}));
  ASSERT_EQ(rest->Find("Tags")->size(), 1u);
  EXPECT_FALSE(rest->Has("NextToken"));
  EXPECT_THAT(Refusal("ListTags", Json::Object({{"ResourceArn", arn}, {"NextToken", "page 2"}})),
              HasSubstr("Invalid pagination token"));
}

TEST_F(TagsTest, AreConditionsOfWhatACallNeeds) {
  const std::string arn = Keep(kModel, "m");
  ASSERT_EQ(Add(arn, {Tag("team", "blue")}), "accepted");
  const auto create = AccessOf(
      "CreateModel", Json::Object({{"ModelName", "n"}, {"Tags", Json::Array({Tag("x", "1")})}}));
  ASSERT_EQ(create.size(), 2u);
  EXPECT_EQ(create[0].context.at("aws:RequestTag/x"), "1");
  EXPECT_THAT(create[0].lists.at("aws:TagKeys"), ElementsAre("x"));
  EXPECT_EQ(create[1].action, "sagemaker:AddTags");
  const auto describe = AccessOf("DescribeModel", Json::Object({{"ModelName", "m"}}));
  EXPECT_EQ(describe[0].resource_tags().value().at("team"), "blue");
  const auto remove = AccessOf(
      "DeleteTags", Json::Object({{"ResourceArn", arn}, {"TagKeys", Json::Array({"team"})}}));
  EXPECT_EQ(remove[0].resource, arn);
  EXPECT_THAT(remove[0].lists.at("aws:TagKeys"), ElementsAre("team"));
  EXPECT_EQ(remove[0].resource_tags().value().at("team"), "blue");
}

TEST_F(TagsTest, AreAskedForByTheResourcesOwnArnHoweverItIsSpelt) {
  const std::string arn = Keep(kModel, "Secret");
  const std::string before = arn.substr(0, arn.size() - std::string("secret").size());
  for (const char* spelt : {"secret", "Secret", "SECRET"})
    for (const char* operation : {"AddTags", "ListTags", "DeleteTags"}) {
      const auto wanted = AccessOf(operation, Json::Object({{"ResourceArn", before + spelt}}));
      ASSERT_EQ(wanted.size(), 1u);
      EXPECT_EQ(wanted[0].resource, arn) << operation << " " << spelt;
    }
}

TEST_F(TagsTest, AreFoundByAnArnOfThisServiceAndPlaceOnly) {
  Keep(kModel, "m");
  for (const char* arn :
       {"xxx:aws:sagemaker:us-west-2:123456789012:model/m",
        "arn:aws:s3:us-west-2:123456789012:model/m",
        "arn::sagemaker:us-west-2:123456789012:model/m", ":::us-west-2:123456789012:model/m"})
    EXPECT_THAT(Add(arn, {Tag("a", "1")}), HasSubstr("failed to satisfy constraint")) << arn;
  for (const char* arn : {"arn:aws-cn:sagemaker:us-west-2:123456789012:model/m",
                          "arn:aws:sagemaker:eu-west-1:123456789012:model/m",
                          "arn:aws:sagemaker:us-west-2:210987654321:model/m"})
    EXPECT_THAT(Add(arn, {Tag("a", "1")}), HasSubstr("Could not find model")) << arn;
}

TEST_F(TagsTest, AnEndpointIsAskedForAndItsConfigurationToo) {
  const auto wanted = AccessOf("CreateEndpoint",
                               Json::Object({{"EndpointName", "E"}, {"EndpointConfigName", "C"}}));
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[0].resource, "arn:aws:sagemaker:us-west-2:123456789012:endpoint/e");
  EXPECT_EQ(wanted[1].resource, "arn:aws:sagemaker:us-west-2:123456789012:endpoint-config/c");
  EXPECT_EQ(wanted[1].action, "sagemaker:CreateEndpoint");
}

class ListTest : public TagsTest {
 protected:
  void Fill(const ResourceType& type) {
    for (const auto& [name, status] : std::vector<std::pair<std::string, std::string>>{
             {"b-1", "Completed"}, {"a-2", "InProgress"}, {"c-3", "Completed"}}) {
      Keep(type, name, status);
      times_.push_back(ToEpochSeconds(clock_.Now()));
      clock_.Advance(std::chrono::seconds(10));
    }
  }
  std::vector<double> times_;
};

TEST_F(ListTest, OfTrainingJobsBeginsWithTheOldestAndOfOthersWithTheNewest) {
  Fill(kTrainingJob);
  Fill(kModel);
  EXPECT_THAT(Names("ListTrainingJobs", Json::Object()), ElementsAre("b-1", "a-2", "c-3"));
  EXPECT_THAT(Names("ListModels", Json::Object()), ElementsAre("c-3", "a-2", "b-1"));
}

TEST_F(ListTest, SortsFiltersAndPages) {
  Fill(kTrainingJob);
  const auto names = [&](std::initializer_list<Json::Member> input) {
    Json json = Json::Object(input);
    json["MaxResults"] = 1;
    return Names("ListTrainingJobs", json);
  };
  EXPECT_THAT(names({{"SortBy", "Name"}}), ElementsAre("a-2", "b-1", "c-3"));
  EXPECT_THAT(names({{"SortBy", "Name"}, {"SortOrder", "Descending"}}),
              ElementsAre("c-3", "b-1", "a-2"));
  EXPECT_THAT(names({{"SortBy", "Status"}}), ElementsAre("b-1", "c-3", "a-2"));
  EXPECT_THAT(names({{"StatusEquals", "Completed"}, {"SortOrder", "Descending"}}),
              ElementsAre("c-3", "b-1"));
  EXPECT_THAT(names({{"NameContains", "-2"}}), ElementsAre("a-2"));
  EXPECT_THAT(names({{"CreationTimeAfter", times_[1]}}), ElementsAre("a-2", "c-3"));
  EXPECT_THAT(names({{"CreationTimeBefore", times_[1]}}), ElementsAre("b-1"));
  EXPECT_THAT(names({{"LastModifiedTimeAfter", times_[2]}}), ElementsAre("c-3"));
  EXPECT_THAT(names({{"LastModifiedTimeBefore", times_[2]}}), ElementsAre("b-1", "a-2"));
  EXPECT_THAT(names({{"WarmPoolStatusEquals", "Available"}}), IsEmpty());
}

TEST_F(ListTest, RefusesATokenOfAnotherListOrOrder) {
  Fill(kTrainingJob);
  Fill(kModel);
  const auto token = Try("ListModels", Json::Object({{"MaxResults", 1}}))->GetString("NextToken");
  for (const Json& input : {Json::Object({{"NextToken", token}, {"SortBy", "Name"}}),
                            Json::Object({{"NextToken", token}, {"SortOrder", "Ascending"}}),
                            Json::Object({{"NextToken", "garbage"}})})
    EXPECT_THAT(Refusal("ListModels", input), HasSubstr("Invalid pagination token"));
  EXPECT_THAT(Refusal("ListTrainingJobs", Json::Object({{"NextToken", token}})),
              HasSubstr("Invalid pagination token"));
}

}  // namespace
}  // namespace sagebrush::services::sagemaker
