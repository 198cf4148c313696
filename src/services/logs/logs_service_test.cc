// SPDX-License-Identifier: Apache-2.0
#include "services/logs/logs_service.h"

#include <gtest/gtest.h>
#include <tuple>

#include "base/file.h"
#include "services/test_service.h"

namespace sagebrush::services {
namespace {

constexpr char kGroup[] = "/aws/sagemaker/TrainingJobs";
constexpr std::int64_t kHour = 3'600'000;

class LogsServiceTest : public ServiceTest {
 protected:
  LogsServiceTest() : ServiceTest(aws::Protocol::kJson) {}
  const Service& service() const override { return *service_; }

  void MakeStream(const std::string& stream) {
    std::ignore =
        Try("CreateLogGroup", Json::Object({{"logGroupName", kGroup}}));  // it may be there already
    Call("CreateLogStream", Named(stream));
  }

  static Json Named(const std::string& stream) {
    return Json::Object({{"logGroupName", kGroup}, {"logStreamName", stream}});
  }

  Json Put(const std::string& stream,
           const std::vector<std::pair<std::int64_t, std::string>>& events) {
    Json input = Named(stream);
    for (const auto& [timestamp, message] : events)
      input["logEvents"].Append(Json::Object({{"timestamp", timestamp}, {"message", message}}));
    return input;
  }

  std::int64_t now() const { return ToMillis(clock_.Now()); }

  static std::vector<std::string> Texts(const Json& reply, const char* list, const char* member) {
    std::vector<std::string> texts;
    for (const Json& item : reply.Find(list)->AsArray()) texts.push_back(item.GetString(member));
    return texts;
  }

  TempFolder folder_ = TempFolder::Create("logs").value();
  std::unique_ptr<logstore::LogStore> store_ =
      logstore::LogStore::Open(folder_.path(), clock_).value();
  std::unique_ptr<Service> service_ = MakeLogsService(*store_);
};

using Names = std::vector<std::string>;

TEST_F(LogsServiceTest, WhatIsMissingOrThereIsToldInAwssWords) {
  const Json group = Json::Object({{"logGroupName", kGroup}});
  EXPECT_EQ(Refusal("DescribeLogStreams", group),
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(Refusal("CreateLogStream", Named("s")),
            "ResourceNotFoundException: The specified log group does not exist.");

  Call("CreateLogGroup", group);

  EXPECT_EQ(Refusal("CreateLogGroup", group),
            "ResourceAlreadyExistsException: The specified log group already exists");
  EXPECT_EQ(Refusal("GetLogEvents", Named("s")),
            "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_EQ(Refusal("PutLogEvents", Put("s", {{now(), "x"}})),
            "ResourceNotFoundException: The specified log stream does not exist.");
  Call("CreateLogStream", Named("s"));
  EXPECT_EQ(Refusal("CreateLogStream", Named("s")),
            "ResourceAlreadyExistsException: The specified log stream already exists");
  Call("DeleteLogStream", Named("s"));
  EXPECT_EQ(Refusal("DeleteLogStream", Named("s")),
            "ResourceNotFoundException: The specified log stream does not exist.");
  Call("DeleteLogGroup", group);
  EXPECT_EQ(Refusal("DeleteLogGroup", group),
            "ResourceNotFoundException: The specified log group does not exist.");
}

TEST_F(LogsServiceTest, DescribesGroupsAsAwsDoesOverPages) {
  for (const char* name : {"/b", "/a/2", "/a/1"})
    Call("CreateLogGroup", Json::Object({{"logGroupName", name}}));

  const Json first = Call("DescribeLogGroups", Json::Object({{"limit", 2}}));
  const Json second =
      Call("DescribeLogGroups",
           Json::Object({{"limit", 2}, {"nextToken", first.GetString("nextToken")}}));

  EXPECT_EQ(Texts(first, "logGroups", "logGroupName"), (Names{"/a/1", "/a/2"}));
  EXPECT_EQ(Texts(second, "logGroups", "logGroupName"), (Names{"/b"}));
  EXPECT_FALSE(second.Has("nextToken"));
  const Json& group = second.Find("logGroups")->AsArray()[0];
  EXPECT_EQ(group.GetString("arn"), "arn:aws:logs:us-west-2:123456789012:log-group:/b:*");
  EXPECT_EQ(group.GetString("logGroupArn"), "arn:aws:logs:us-west-2:123456789012:log-group:/b");
  EXPECT_EQ(group.GetInt("creationTime"), now());
  EXPECT_EQ(group.GetInt("storedBytes", -1), 0);
  EXPECT_EQ(group.GetInt("metricFilterCount", -1), 0);
  EXPECT_EQ(group.GetString("logGroupClass"), "STANDARD");
  const auto names = [&](const char* member, const Json& value) {
    return Texts(Call("DescribeLogGroups", Json::Object({{member, value}})), "logGroups",
                 "logGroupName");
  };
  EXPECT_EQ(names("logGroupNamePrefix", "/a"), (Names{"/a/1", "/a/2"}));
  EXPECT_EQ(names("logGroupNamePattern", "2"), (Names{"/a/2"}));
  // What a pattern finds is told of whole, but for its size and its protection.
  Json found = Call("DescribeLogGroups", Json::Object({{"logGroupNamePattern", "/b"}}));
  Json whole = group;
  EXPECT_FALSE(group.GetBool("deletionProtectionEnabled", true));
  whole.Remove("storedBytes");
  whole.Remove("deletionProtectionEnabled");
  EXPECT_EQ(found.Find("logGroups")->AsArray()[0], whole);
  EXPECT_EQ(
      names("logGroupIdentifiers", Json::Array({group.GetString("logGroupArn"), "/a", "/a/1"})),
      (Names{"/b", "/a/1"}));
  EXPECT_EQ(names("logGroupClass", "INFREQUENT_ACCESS"), Names{});
  EXPECT_EQ(Refusal("DescribeLogGroups", Json::Object({{"nextToken", "x"}})),
            "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(LogsServiceTest, AStreamListHasATokenOnlyWhenItIsTruncated) {
  for (const char* name : {"job/algo-1", "job/algo-2", "job2/algo-1"}) MakeStream(name);
  Json input = Json::Object({{"logGroupName", kGroup},
                             {"logStreamNamePrefix", "job/"},
                             {"orderBy", "LogStreamName"},
                             {"limit", 2}});

  const Json whole = Call("DescribeLogStreams", input);
  EXPECT_EQ(Texts(whole, "logStreams", "logStreamName"), (Names{"job/algo-1", "job/algo-2"}));
  EXPECT_FALSE(whole.Has("nextToken"));

  input["limit"] = 1;
  const Json first = Call("DescribeLogStreams", input);
  input["nextToken"] = first.GetString("nextToken");
  const Json second = Call("DescribeLogStreams", input);
  EXPECT_EQ(Texts(first, "logStreams", "logStreamName"), (Names{"job/algo-1"}));
  EXPECT_EQ(Texts(second, "logStreams", "logStreamName"), (Names{"job/algo-2"}));
  EXPECT_FALSE(second.Has("nextToken"));
  input["descending"] = true;
  EXPECT_EQ(Refusal("DescribeLogStreams", input),
            "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(LogsServiceTest, StreamsCanBeOrderedByTheirLastEvent) {
  for (const char* name : {"a", "b", "c", "empty"}) MakeStream(name);
  Call("PutLogEvents", Put("a", {{now() - 5, "x"}}));
  Call("PutLogEvents", Put("b", {{now() - 9, "x"}, {now() - 1, "y"}}));
  Call("PutLogEvents", Put("c", {{now() - 5, "x"}}));
  Json input = Json::Object(
      {{"logGroupName", kGroup}, {"orderBy", "LastEventTime"}, {"descending", true}, {"limit", 1}});
  Names names;

  for (;;) {
    const Json page = Call("DescribeLogStreams", input);
    for (const auto& name : Texts(page, "logStreams", "logStreamName")) names.push_back(name);
    if (!page.Has("nextToken")) break;
    input["nextToken"] = page.GetString("nextToken");
  }

  EXPECT_EQ(names, (Names{"b", "c", "a", "empty"}));
  const Json stream = Call("DescribeLogStreams",
                           Json::Object({{"logGroupName", kGroup}, {"logStreamNamePrefix", "b"}}))
                          .Find("logStreams")
                          ->AsArray()[0];
  EXPECT_EQ(stream.GetInt("firstEventTimestamp"), now() - 9);
  EXPECT_EQ(stream.GetInt("lastEventTimestamp"), now() - 1);
  EXPECT_EQ(stream.GetInt("lastIngestionTime"), now());
  EXPECT_EQ(stream.GetInt("creationTime"), now());
  EXPECT_EQ(
      stream.GetString("arn"),
      "arn:aws:logs:us-west-2:123456789012:log-group:/aws/sagemaker/TrainingJobs:log-stream:b");
  EXPECT_EQ(stream.GetString("uploadSequenceToken").size(), 56u);
  input.Remove("nextToken");
  input["descending"] = false;
  EXPECT_FALSE(Call("DescribeLogStreams", input)
                   .Find("logStreams")
                   ->AsArray()[0]
                   .Has("uploadSequenceToken"));  // of "empty": nobody has written to it
  input.Remove("nextToken");
  input["logStreamNamePrefix"] = "a";
  EXPECT_EQ(Refusal("DescribeLogStreams", input),
            "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.");
}

TEST_F(LogsServiceTest, APutIsReadBackWithMandatoryTokens) {
  MakeStream("s");

  const Json put = Call("PutLogEvents", Put("s", {{now() - 2, "one"}, {now() - 1, "two"}}));
  Json read = Named("s");
  read["startFromHead"] = true;
  const Json page = Call("GetLogEvents", read);
  read["nextToken"] = page.GetString("nextForwardToken");
  const Json end = Call("GetLogEvents", read);

  EXPECT_EQ(put.GetString("nextSequenceToken").size(), 56u);
  EXPECT_FALSE(put.Has("rejectedLogEventsInfo"));
  EXPECT_EQ(Texts(page, "events", "message"), (Names{"one", "two"}));
  EXPECT_EQ(page.Find("events")->AsArray()[0].GetInt("timestamp"), now() - 2);
  EXPECT_EQ(page.Find("events")->AsArray()[0].GetInt("ingestionTime"), now());
  EXPECT_TRUE(end.Find("events")->AsArray().empty());
  EXPECT_EQ(end.GetString("nextForwardToken"), page.GetString("nextForwardToken"));
  EXPECT_NE(end.GetString("nextBackwardToken"), "");
  read["nextToken"] = "f/1";
  EXPECT_EQ(Refusal("GetLogEvents", read),
            "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(LogsServiceTest, BatchesThatBreakAwssRulesAreRefusedWhole) {
  MakeStream("s");

  EXPECT_EQ(Refusal("PutLogEvents", Put("s", {{now(), "b"}, {now() - 1, "a"}})),
            "InvalidParameterException: Log events in a single PutLogEvents request must be in "
            "chronological order.");
  EXPECT_EQ(Refusal("PutLogEvents", Put("s", {{now() - 24 * kHour - 1, "a"}, {now(), "b"}})),
            "InvalidParameterException: The batch of log events in a single PutLogEvents request "
            "cannot span more than 24 hours.");
  const std::string half(524'288 - 26, 'x');
  EXPECT_EQ(Refusal("PutLogEvents", Put("s", {{now(), half}, {now(), half + "x"}})),
            "InvalidParameterException: Upload too large: 1048577 bytes exceeds limit of 1048576");
  EXPECT_TRUE(Call("GetLogEvents", Named("s")).Find("events")->AsArray().empty());
  Call("PutLogEvents", Put("s", {{now(), half}, {now(), half}}));
  EXPECT_EQ(Call("GetLogEvents", Named("s")).Find("events")->size(), 2u);
}

TEST_F(LogsServiceTest, EventsTooOldOrTooNewAreRejectedAndTheOthersKept) {
  MakeStream("s");

  const Json reply = Call("PutLogEvents", Put("s", {{now() - 15 * 24 * kHour, "old"},
                                                    {now() - 14 * 24 * kHour - 1, "just too old"},
                                                    {now() - 1, "kept"},
                                                    {now() + 2 * kHour, "kept too"},
                                                    {now() + 2 * kHour + 1, "too new"}}));

  const Json* rejected = reply.Find("rejectedLogEventsInfo");
  ASSERT_NE(rejected, nullptr);
  EXPECT_EQ(rejected->GetInt("tooOldLogEventEndIndex"), 2);
  EXPECT_EQ(rejected->GetInt("tooNewLogEventStartIndex"), 4);
  EXPECT_EQ(Texts(Call("GetLogEvents", Named("s")), "events", "message"),
            (Names{"kept", "kept too"}));
  EXPECT_EQ(Refusal("PutLogEvents", Put("nowhere", {{0, "old"}})),
            "ResourceNotFoundException: The specified log stream does not exist.");
}

TEST_F(LogsServiceTest, FiltersOverStreams) {
  for (const char* name : {"AllTraffic/i-1", "AllTraffic/i-2", "other"}) MakeStream(name);
  Call("PutLogEvents", Put("AllTraffic/i-1", {{now() - 9, "ERROR one"}, {now() - 5, "fine"}}));
  Call("PutLogEvents", Put("AllTraffic/i-2", {{now() - 7, "ERROR two"}}));
  Call("PutLogEvents", Put("other", {{now() - 6, "ERROR three"}}));
  Json input = Json::Object({{"logGroupName", kGroup}, {"logStreamNamePrefix", "AllTraffic/"}});

  const Json all = Call("FilterLogEvents", input);
  EXPECT_EQ(Texts(all, "events", "message"), (Names{"ERROR one", "ERROR two", "fine"}));
  EXPECT_EQ(Texts(all, "events", "logStreamName"),
            (Names{"AllTraffic/i-1", "AllTraffic/i-2", "AllTraffic/i-1"}));
  EXPECT_NE(all.Find("events")->AsArray()[0].GetString("eventId"),
            all.Find("events")->AsArray()[1].GetString("eventId"));
  EXPECT_FALSE(all.Has("nextToken"));
  EXPECT_EQ(all.Find("searchedLogStreams")->size(), 0u);

  input["filterPattern"] = "ERROR";
  EXPECT_EQ(Texts(Call("FilterLogEvents", input), "events", "message"),
            (Names{"ERROR one", "ERROR two"}));
  input["startFromHead"] = false;
  input["startTime"] = now() - kHour;
  EXPECT_EQ(Texts(Call("FilterLogEvents", input), "events", "message"),
            (Names{"ERROR two", "ERROR one"}));
  input["filterPattern"] = "{ $.a = 1 }";
  EXPECT_EQ(Refusal("FilterLogEvents", input).substr(0, 26), "InvalidParameterException:");
  input["filterPattern"] = "";
  input["logStreamNames"] = Json::Array({"other"});
  EXPECT_EQ(Refusal("FilterLogEvents", input).substr(0, 26), "InvalidParameterException:");
  input.Remove("logStreamNamePrefix");
  EXPECT_EQ(Texts(Call("FilterLogEvents", input), "events", "message"), (Names{"ERROR three"}));
  input["logStreamNames"] = Json::Array({"nowhere"});
  EXPECT_EQ(Refusal("FilterLogEvents", input),
            "ResourceNotFoundException: The specified log stream does not exist.");
}

TEST_F(LogsServiceTest, GroupsMayBeNamedByTheirArn) {
  MakeStream("s");
  const auto read = [&](const std::string& identifier) {
    return Refusal("GetLogEvents",
                   Json::Object({{"logGroupIdentifier", identifier}, {"logStreamName", "s"}}));
  };
  const std::string missing = "ResourceNotFoundException: The specified log group does not exist.";

  EXPECT_EQ(read(kGroup), "accepted");
  EXPECT_EQ(read("arn:aws:logs:us-west-2:123456789012:log-group:/aws/sagemaker/TrainingJobs"),
            "accepted");
  EXPECT_EQ(read("arn:aws:logs:us-west-2:123456789012:log-group:/aws/sagemaker/TrainingJobs:*"),
            "accepted");
  EXPECT_EQ(read("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/TrainingJobs"),
            missing);
  EXPECT_EQ(Refusal("GetLogEvents", Json::Object({{"logStreamName", "s"}})).substr(0, 26),
            "InvalidParameterException:");
  for (const char* operation : {"GetLogEvents", "DescribeLogStreams", "FilterLogEvents"})
    EXPECT_EQ(Refusal(operation, Json::Object({{"logGroupName", kGroup},
                                               {"logGroupIdentifier", kGroup},
                                               {"logStreamName", "s"}})),
              "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive "
              "parameters.");
}

TEST_F(LogsServiceTest, BytesThatAreNoUtf8AreReplacedOnTheWay) {
  MakeStream("s");
  logstore::Event event;
  event.timestamp_ms = now();
  event.message = "ok \xc3\xa4 \xff\xc3 \xf0\x9f\x8c\xbf";
  ASSERT_TRUE(store_->Append(context_.scope(), kGroup, "s", {event}).ok());

  EXPECT_EQ(Texts(Call("GetLogEvents", Named("s")), "events", "message"),
            (Names{"ok \xc3\xa4 \xef\xbf\xbd\xef\xbf\xbd \xf0\x9f\x8c\xbf"}));
}

TEST_F(LogsServiceTest, EveryOperationAsksForItsActionOnItsArn) {
  Json input = Named("s");
  input["logGroupNamePrefix"] = "/aws/";
  const std::string group = "arn:aws:logs:us-west-2:123456789012:log-group:";
  const std::string named = group + kGroup + ":log-stream:";
  const std::map<std::string, std::string> expected = {
      {"CreateLogGroup", named},
      {"DeleteLogGroup", named},
      {"DescribeLogGroups", group + "/aws/:log-stream:"},
      {"CreateLogStream", named + "s"},
      {"DeleteLogStream", named + "s"},
      {"DescribeLogStreams", named},
      {"PutLogEvents", named + "s"},
      {"GetLogEvents", named + "s"},
      {"FilterLogEvents", named}};

  EXPECT_EQ(service_->operations().size(), expected.size());
  for (const auto& [name, operation] : service_->operations()) {
    const auto access = operation.access(context_, input);
    ASSERT_EQ(access.size(), 1u) << name;
    EXPECT_EQ(access[0].action, "logs:" + name);
    EXPECT_EQ(access[0].resource, expected.at(name));
    EXPECT_TRUE(operation.document && !operation.stream) << name;
  }
}

TEST_F(LogsServiceTest, NamesThatBeginWithAwsAreItsOwn) {
  for (const char* name : {"aws/x", "AWS/x"})
    EXPECT_EQ(Refusal("CreateLogGroup", Json::Object({{"logGroupName", name}})),
              "InvalidParameterException: Log groups starting with AWS/ are reserved for AWS.");
  for (const char* name : {"/aws/x", "awsx", "aws"})
    EXPECT_EQ(Refusal("CreateLogGroup", Json::Object({{"logGroupName", name}})), "accepted");
}

TEST_F(LogsServiceTest, WhatItCannotKeepItRefuses) {
  for (const auto& [member, value] :
       std::vector<Json::Member>{{"kmsKeyId", "arn:aws:kms:x"},
                                 {"logGroupClass", "INFREQUENT_ACCESS"},
                                 {"deletionProtectionEnabled", true}}) {
    EXPECT_EQ(Refusal("CreateLogGroup", Json::Object({{"logGroupName", "/g"}, {member, value}}))
                  .substr(0, 26),
              "InvalidParameterException:");
  }
}

}  // namespace
}  // namespace sagebrush::services
