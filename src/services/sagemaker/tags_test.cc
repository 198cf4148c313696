// SPDX-License-Identifier: Apache-2.0
// Tags and lists through the door the request chain uses.
#include "services/sagemaker/tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "services/sagemaker/list.h"
#include "services/sagemaker/resource.h"
#include "services/sagemaker/sagemaker_service.h"
#include "testing/fake_clock.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services::sagemaker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json Tag(const std::string& key, const std::string& value) {
  return Json::Object({{"Key", key}, {"Value", value}});
}

class TagsTest : public ::testing::Test {
 protected:
  TagsTest() {
    objects_ = objectstore::ObjectStore::Open(folder_.path() / "objects", clock_).value();
    catalogue_ = std::make_unique<orchestrator::Catalogue>(
        orchestrator::Catalogue::Load(folder_.path()).value());
    service_ = MakeSageMakerService({.records = records_,
                                     .roles = roles_,
                                     .objects = *objects_,
                                     .catalogue = *catalogue_,
                                     .nudge = [] {}});
    context_.account = "123456789012";
    context_.region = "us-west-2";
    context_.now = clock_.Now();
  }
  std::string Keep(const ResourceType& type, const std::string& name,
                   const std::string& status = "") {
    context_.now = clock_.Now();
    auto record = NewRecord(type, context_, Json::Object({{type.name_member, name}}));
    record.value().status = status;
    EXPECT_TRUE(records_.Insert(record.value()).ok());
    return record.value().document.GetString("arn");
  }
  aws::Outcome<Json> Call(std::string_view operation, const Json& input) {
    return service_->operations().find(operation)->second.document(context_, input);
  }
  std::string Words(std::string_view operation, const Json& input) {
    const auto outcome = Call(operation, input);
    return outcome.ok() ? "accepted" : outcome.error(aws::Protocol::kJson).message;
  }
  std::vector<std::string> TagsAt(const std::string& arn) {
    std::vector<std::string> out;
    const auto listed = Call("ListTags", Json::Object({{"ResourceArn", arn}}));
    EXPECT_TRUE(listed.ok());
    for (const auto& tag : listed->Find("Tags")->AsArray())
      out.push_back(tag.GetString("Key") + "=" + tag.GetString("Value"));
    return out;
  }
  std::string Add(const std::string& arn, std::initializer_list<Json> tags) {
    return Words("AddTags", Json::Object({{"ResourceArn", arn}, {"Tags", Json::Array(tags)}}));
  }
  // All names over all pages.
  std::vector<std::string> Names(const std::string& operation, Json input) {
    std::vector<std::string> names;
    for (;;) {
      const auto page = Call(operation, input);
      EXPECT_TRUE(page.ok());
      for (const auto& [member, list] : page->AsObject())
        if (list.is_array())
          for (const auto& entry : list.AsArray())
            names.push_back(entry.AsObject().front().second.AsString());
      if (!page->Has("NextToken")) return names;
      input["NextToken"] = page->GetString("NextToken");
    }
  }

  TempFolder folder_ = TempFolder::Create().value();
  sagebrush::testing::FakeClock clock_;
  sagebrush::testing::MemoryRecordStore records_;
  iam::Roles roles_{records_, clock_};
  std::unique_ptr<orchestrator::Catalogue> catalogue_;
  std::unique_ptr<objectstore::ObjectStore> objects_;
  std::unique_ptr<Service> service_;
  RequestContext context_;
};

TEST_F(TagsTest, AreAddedChangedListedAndTakenAwayOnEveryKind) {
  for (const auto* type : {&kTrainingJob, &kModel, &kEndpointConfig, &kEndpoint}) {
    const std::string arn = Keep(*type, "Mixed-Case");
    EXPECT_THAT(TagsAt(arn), IsEmpty());
    EXPECT_EQ(Add(arn, {Tag("team", "blue"), Tag("cost", "1")}), "accepted");
    EXPECT_EQ(Add(arn, {Tag("team", "red")}), "accepted");
    EXPECT_THAT(TagsAt(arn), ElementsAre("cost=1", "team=red")) << type->noun;
    EXPECT_EQ(Words("DeleteTags", Json::Object({{"ResourceArn", arn},
                                                {"TagKeys", Json::Array({"team", "other"})}})),
              "accepted");
    EXPECT_THAT(TagsAt(arn), ElementsAre("cost=1"));
  }
}

TEST_F(TagsTest, AddingToAResourceTellsAllThatItHasAndLeavesItsTimes) {
  const std::string arn = Keep(kModel, "m");
  ASSERT_EQ(Add(arn, {Tag("a", "1")}), "accepted");
  context_.now += std::chrono::seconds(5);
  const auto added =
      Call("AddTags", Json::Object({{"ResourceArn", arn}, {"Tags", Json::Array({Tag("b", "2")})}}));
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
    return Words("ListTags", Json::Object({{"ResourceArn", resource}}));
  };
  EXPECT_EQ(words(arn + "model/none"), "Could not find model \"" + arn + "model/none\".");
  EXPECT_EQ(words(arn + "training-job/none"), "Requested resource not found.");
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
  ASSERT_TRUE(Call("DeleteModel", Json::Object({{"ModelName", "m"}})).ok());
  Keep(kModel, "m");
  EXPECT_THAT(TagsAt(arn), IsEmpty());
}

TEST_F(TagsTest, ArePagedByTokensOfTheirOwn) {
  const std::string arn = Keep(kModel, "m");
  ASSERT_EQ(Add(arn, {Tag("a", ""), Tag("b", ""), Tag("c", "")}), "accepted");
  const auto first = Call("ListTags", Json::Object({{"ResourceArn", arn}, {"MaxResults", 2}}));
  ASSERT_EQ(first->Find("Tags")->size(), 2u);
  const auto rest =
      Call("ListTags",
           Json::Object({{"ResourceArn", arn}, {"NextToken", first->GetString("NextToken")}}));
  ASSERT_EQ(rest->Find("Tags")->size(), 1u);
  EXPECT_FALSE(rest->Has("NextToken"));
  EXPECT_THAT(Words("ListTags", Json::Object({{"ResourceArn", arn}, {"NextToken", "page 2"}})),
              HasSubstr("Invalid pagination token"));
}

TEST_F(TagsTest, AreConditionsOfWhatACallNeeds) {
  const std::string arn = Keep(kModel, "m");
  ASSERT_EQ(Add(arn, {Tag("team", "blue")}), "accepted");
  const auto wanted = [&](std::string_view operation, const Json& input) {
    return service_->operations().find(operation)->second.access(context_, input);
  };
  const auto create = wanted(
      "CreateModel", Json::Object({{"ModelName", "n"}, {"Tags", Json::Array({Tag("x", "1")})}}));
  ASSERT_EQ(create.size(), 2u);
  EXPECT_EQ(create[0].context.at("aws:RequestTag/x"), "1");
  EXPECT_THAT(create[0].lists.at("aws:TagKeys"), ElementsAre("x"));
  EXPECT_EQ(create[1].action, "sagemaker:AddTags");
  const auto describe = wanted("DescribeModel", Json::Object({{"ModelName", "m"}}));
  EXPECT_EQ(describe[0].resource_tags().value().at("team"), "blue");
  const auto remove = wanted(
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
      const auto wanted = service_->operations().find(operation)->second.access(
          context_, Json::Object({{"ResourceArn", before + spelt}}));
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
  const auto wanted =
      service_->operations()
          .find("CreateEndpoint")
          ->second.access(context_,
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
  const auto token = Call("ListModels", Json::Object({{"MaxResults", 1}}))->GetString("NextToken");
  for (const Json& input : {Json::Object({{"NextToken", token}, {"SortBy", "Name"}}),
                            Json::Object({{"NextToken", token}, {"SortOrder", "Ascending"}}),
                            Json::Object({{"NextToken", "garbage"}})})
    EXPECT_THAT(Words("ListModels", input), HasSubstr("Invalid pagination token"));
  EXPECT_THAT(Words("ListTrainingJobs", Json::Object({{"NextToken", token}})),
              HasSubstr("Invalid pagination token"));
}

}  // namespace
}  // namespace sagebrush::services::sagemaker
