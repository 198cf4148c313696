// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/cloudwatch_service.h"

#include <cmath>
#include <gtest/gtest.h>

#include "base/file.h"
#include "services/test_service.h"

namespace sagebrush::services::cloudwatch {
namespace {

constexpr double kHour = 3600;

class CloudWatchServiceTest : public ServiceTest {
 protected:
  CloudWatchServiceTest() : ServiceTest(aws::Protocol::kQuery) {}
  const Service& service() const override { return *service_; }

  // The minute that began before the last one.
  double minute() const { return std::floor(ToEpochSeconds(clock_.Now()) / 60) * 60 - 120; }

  static Json Datum(std::initializer_list<Json::Member> members) {
    Json datum = Json::Object({{"MetricName", "loss"}});
    for (const auto& [name, value] : members) datum[name] = value;
    return datum;
  }
  static Json Put(std::initializer_list<Json> data) {
    return Json::Object({{"Namespace", "ns"}, {"MetricData", Json::Array(data)}});
  }
  // What PutMetricData says to one datum.
  std::string RefusalOf(std::initializer_list<Json::Member> members) {
    return Refusal("PutMetricData", Put({Datum(members)}));
  }

  Json Statistics(std::initializer_list<Json::Member> members) const {
    Json input = Json::Object({{"Namespace", "ns"},
                               {"MetricName", "loss"},
                               {"StartTime", minute() - kHour},
                               {"EndTime", minute() + kHour},
                               {"Period", 60}});
    for (const auto& [name, value] : members) input[name] = value;
    return input;
  }

  Json Query(const std::string& id, const std::string& stat, int period = 60) const {
    return Json::Object(
        {{"Id", id},
         {"MetricStat",
          Json::Object({{"Metric", Json::Object({{"Namespace", "ns"}, {"MetricName", "loss"}})},
                        {"Period", period},
                        {"Stat", stat}})}});
  }
  Json Data(std::initializer_list<Json> queries,
            std::initializer_list<Json::Member> members = {}) const {
    Json input = Json::Object({{"MetricDataQueries", Json::Array(queries)},
                               {"StartTime", minute() - kHour},
                               {"EndTime", minute() + kHour}});
    for (const auto& [name, value] : members) input[name] = value;
    return input;
  }

  TempFolder folder_ = TempFolder::Create("cloudwatch").value();
  std::unique_ptr<metricstore::MetricStore> store_ =
      metricstore::MetricStore::Open(folder_.path(), clock_).value();
  std::unique_ptr<Service> service_ = MakeCloudWatchService(*store_);
};

TEST_F(CloudWatchServiceTest, AllFormsOfADatumCount) {
  Call("PutMetricData",
       Put({Datum({{"Timestamp", minute()}, {"Value", 2.0}, {"Unit", "Seconds"}}),
            Datum({{"Timestamp", minute() + 1},
                   {"Values", Json::Array({1.0, 10.0})},
                   {"Counts", Json::Array({2.0, 4.0})},
                   {"Unit", "Seconds"}}),
            Datum(
                {{"Timestamp", minute() + 2},
                 {"StatisticValues",
                  Json::Object(
                      {{"SampleCount", 2.0}, {"Sum", 100.0}, {"Minimum", 0.5}, {"Maximum", 99.5}})},
                 {"Unit", "Seconds"}})}));

  const Json reply = Call(
      "GetMetricStatistics",
      Statistics(
          {{"Statistics", Json::Array({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})}}));

  EXPECT_EQ(reply.GetString("Label"), "loss");
  ASSERT_EQ(reply.Find("Datapoints")->size(), 1u);
  const Json& point = reply.Find("Datapoints")->AsArray()[0];
  EXPECT_EQ(point.GetDouble("Timestamp"), minute());
  EXPECT_EQ(point.GetDouble("SampleCount"), 9);
  EXPECT_EQ(point.GetDouble("Sum"), 144);
  EXPECT_EQ(point.GetDouble("Average"), 16);
  EXPECT_EQ(point.GetDouble("Minimum"), 0.5);
  EXPECT_EQ(point.GetDouble("Maximum"), 99.5);
  EXPECT_EQ(point.GetString("Unit"), "Seconds");
}

TEST_F(CloudWatchServiceTest, AValueWithoutATimeIsNow) {
  Call("PutMetricData", Put({Datum({{"Value", 1.0}})}));

  const Json reply =
      Call("GetMetricStatistics", Statistics({{"Statistics", Json::Array({"Sum"})}}));

  EXPECT_EQ(reply.Find("Datapoints")->AsArray().at(0).GetDouble("Timestamp"),
            std::floor(ToEpochSeconds(clock_.Now()) / 60) * 60);
  EXPECT_EQ(reply.Find("Datapoints")->AsArray().at(0).GetString("Unit"), "None");
}

TEST_F(CloudWatchServiceTest, DataThatBreakAwssRulesAreRefusedInItsWords) {
  const std::string one = "InvalidParameterValue: The parameter MetricData.member.1.";
  EXPECT_EQ(RefusalOf({{"Value", 1.5}, {"Values", Json::Array({1.0})}}),
            "InvalidParameterCombination: The parameters MetricData.member.1.Value and "
            "MetricData.member.1.Values are mutually exclusive and you have specified both.");
  EXPECT_EQ(
      RefusalOf(
          {{"Value", 1.5},
           {"StatisticValues",
            Json::Object(
                {{"SampleCount", 10.0}, {"Sum", 55.0}, {"Minimum", 1.0}, {"Maximum", 10.0}})}}),
      "InvalidParameterCombination: The parameters MetricData.member.1.Value and "
      "MetricData.member.1.StatisticValues are mutually exclusive and you have specified "
      "both.");
  EXPECT_EQ(RefusalOf({{"Values", Json::Array({1.0, 2.0})}, {"Counts", Json::Array({1.0})}}),
            "InvalidParameterValue: The parameters MetricData.member.1.Values and "
            "MetricData.member.1.Counts must be of the same size.");
  EXPECT_EQ(RefusalOf({{"Value", 1.0}, {"Timestamp", minute() - 15 * 24 * kHour}}),
            one + "Timestamp must specify a time within the past two weeks.");
  EXPECT_EQ(RefusalOf({{"Value", 1.0}, {"Timestamp", minute() + 3 * kHour}}),
            one + "Timestamp must specify a time no more than two hours in the future.");
  EXPECT_EQ(RefusalOf({{"Value", std::nan("")}}),
            "InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is "
            "invalid.");
  EXPECT_EQ(RefusalOf({{"Value", HUGE_VAL}}),
            "InvalidParameterValue: The value Infinity for parameter MetricData.member.1.Value is "
            "invalid.");
  EXPECT_EQ(RefusalOf({{"Value", 1.0}, {"StorageResolution", 30}}),
            "InvalidParameterValue: The value 30 for parameter "
            "MetricData.member.1.StorageResolution is invalid.");
  EXPECT_EQ(RefusalOf({}).substr(0, 28), "InvalidParameterCombination:");
  EXPECT_EQ(RefusalOf({{"Values", Json(Json::ArrayType(151, Json(1.0)))}}),
            "InvalidParameterValue: The collection MetricData.member.1.Values must not have a size "
            "greater than 150.");
  EXPECT_EQ(Refusal("PutMetricData", Json::Object({{"Namespace", "AWS/EC2"}})),
            "InvalidParameterValue: The value AWS/EC2 for parameter Namespace is invalid.");
  EXPECT_EQ(Refusal("PutMetricData", Json::Object({{"Namespace", "ns"}})),
            "MissingParameter: The parameter MetricData is required.");
  Json many = Json::Object({{"Namespace", "ns"}});
  for (int i = 0; i < 1001; ++i) many["MetricData"].Append(Datum({{"Value", 1.0}}));
  EXPECT_EQ(Refusal("PutMetricData", many),
            "InvalidParameterValue: The collection MetricData must not have a size greater than "
            "1000.");
}

TEST_F(CloudWatchServiceTest, DimensionsAreOfAsciiAndNotBlank) {
  const auto refusal = [&](const char* name, const char* value) {
    return RefusalOf(
        {{"Value", 1.0},
         {"Dimensions", Json::Array({Json::Object({{"Name", "ok"}, {"Value", "a b <&> ~"}}),
                                     Json::Object({{"Name", name}, {"Value", value}})})}});
  };
  const std::string second = "MetricData.member.1.Dimensions.member.2.";

  EXPECT_EQ(refusal("n", ":v"), "accepted");
  EXPECT_EQ(refusal("n", "t\xc3\xa9st"), "InvalidParameterValue: The value for parameter " +
                                             second + "Value contains non-ASCII characters.");
  EXPECT_EQ(refusal("t\xc3\xa9st", "v"), "InvalidParameterValue: The value for parameter " +
                                             second + "Name contains non-ASCII characters.");
  EXPECT_EQ(refusal("n", "  "),
            "InvalidParameterValue: The value    for parameter " + second + "Value is invalid.");
  EXPECT_EQ(refusal(":n", "v"),
            "InvalidParameterValue: The value :n for parameter " + second + "Name is invalid.");
  EXPECT_EQ(refusal("n", "a\nb"),
            "InvalidParameterValue: The value a\nb for parameter " + second + "Value is invalid.");
}

TEST_F(CloudWatchServiceTest, ARequestWithOneBadDatumStoresNothingAndNamesAllBadOnes) {
  const double old = minute() - 20 * 24 * kHour;

  EXPECT_EQ(Refusal("PutMetricData",
                    Put({Datum({{"Value", 1.0}, {"Timestamp", old}}), Datum({{"Value", 1.0}}),
                         Datum({{"Value", 1.0}, {"Timestamp", old}})})),
            "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a "
            "time within the past two weeks.\nThe parameter MetricData.member.3.Timestamp must "
            "specify a time within the past two weeks.");

  EXPECT_EQ(Call("ListMetrics", Json::Object()).Find("Metrics")->size(), 0u);
}

TEST_F(CloudWatchServiceTest, PercentilesAreThereWhereValuesAre) {
  Json data = Json::Object({{"Namespace", "ns"}});
  for (int i = 1; i <= 100; ++i)
    data["MetricData"].Append(Datum({{"Timestamp", minute()}, {"Value", static_cast<double>(i)}}));
  Call("PutMetricData", data);
  const Json wanted = Statistics({{"ExtendedStatistics", Json::Array({"p50", "p99.5"})}});

  const Json reply = Call("GetMetricStatistics", wanted);
  const Json* extended = reply.Find("Datapoints")->AsArray().at(0).Find("ExtendedStatistics");
  EXPECT_EQ(extended->GetDouble("p50"), 50);
  EXPECT_EQ(extended->GetDouble("p99.5"), 100);

  Call("PutMetricData",
       Put({Datum(
           {{"Timestamp", minute()},
            {"StatisticValues",
             Json::Object(
                 {{"SampleCount", 2.0}, {"Sum", 3.0}, {"Minimum", 1.0}, {"Maximum", 2.0}})}})}));
  EXPECT_EQ(Call("GetMetricStatistics", wanted).Find("Datapoints")->size(), 0u);
}

TEST_F(CloudWatchServiceTest, StatisticsThatCannotBeAreRefusedInAwssWords) {
  const auto refusal = [&](std::initializer_list<Json::Member> members) {
    return Refusal("GetMetricStatistics", Statistics(members));
  };
  const Json sum = Json::Array({"Sum"});

  EXPECT_EQ(refusal({}),
            "InvalidParameterCombination: At least one of the parameters Statistics and "
            "ExtendedStatistics must be specified.");
  EXPECT_EQ(refusal({{"Statistics", sum}, {"Period", 1}, {"EndTime", minute() - kHour + 1608}}),
            "InvalidParameterCombination: You have requested up to 1608 datapoints, which exceeds "
            "the limit of 1440. You may reduce the datapoints requested by increasing Period, or "
            "decreasing the time range.");
  for (const double seconds : {0.0, 0.9, -60.0})
    EXPECT_EQ(refusal({{"Statistics", sum}, {"EndTime", minute() - kHour + seconds}}),
              "InvalidParameterValue: The parameter StartTime must be less than the parameter "
              "EndTime.");
  EXPECT_EQ(refusal({{"Statistics", sum}, {"Period", 61}}),
            "InvalidParameterValue: The parameter Period must be 1, 5, 10, 20, 30 or a multiple of "
            "60.");
  EXPECT_EQ(refusal({{"ExtendedStatistics", Json::Array({"p101"})}}),
            "InvalidParameterValue: The value p101 for parameter ExtendedStatistics is invalid.");
  EXPECT_EQ(refusal({{"ExtendedStatistics", Json::Array({"tm99"})}}),
            "InvalidParameterValue: The value tm99 for parameter ExtendedStatistics is not "
            "available on this server; percentiles (p0 to p100) are.");
}

TEST_F(CloudWatchServiceTest, TheStartIsRoundedDownToTheMinute) {
  Call("PutMetricData", Put({Datum({{"Timestamp", minute()}, {"Value", 1.0}})}));

  const Json reply =
      Call("GetMetricStatistics",
           Statistics({{"Statistics", Json::Array({"Sum"})}, {"StartTime", minute() + 59.5}}));

  EXPECT_EQ(reply.Find("Datapoints")->size(), 1u);
}

TEST_F(CloudWatchServiceTest, ManyMetricsComeInOneAnswerNewestFirst) {
  for (int i = 0; i < 3; ++i)
    Call("PutMetricData",
         Put({Datum({{"Timestamp", minute() - i * 60}, {"Value", static_cast<double>(i)}})}));
  Json other = Query("other", "Sum");
  (*other.Find("MetricStat")->Find("Metric"))["MetricName"] = "nothing";

  const Json reply = Call("GetMetricData", Data({Query("q", "Sum"), other}));

  const auto& results = reply.Find("MetricDataResults")->AsArray();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].GetString("Id"), "q");
  EXPECT_EQ(results[0].GetString("Label"), "loss");
  EXPECT_EQ(results[0].GetString("StatusCode"), "Complete");
  EXPECT_EQ(*results[0].Find("Values"), Json::Array({0.0, 1.0, 2.0}));
  EXPECT_EQ(*results[0].Find("Timestamps"), Json::Array({minute(), minute() - 60, minute() - 120}));
  EXPECT_EQ(results[1].Find("Values")->size(), 0u);
  EXPECT_FALSE(reply.Has("NextToken"));
}

TEST_F(CloudWatchServiceTest, LabelsTellWhatTheQueriesDifferIn) {
  using Labels = std::vector<std::string>;
  Json named = Query("n", "Maximum");
  named["Label"] = "mine";
  const auto labels = [&](std::initializer_list<Json> queries) {
    const Json reply = Call("GetMetricData", Data(queries));
    Labels out;
    for (const Json& result : reply.Find("MetricDataResults")->AsArray())
      out.push_back(result.GetString("Label"));
    return out;
  };

  EXPECT_EQ(labels({Query("a", "Sum"), Query("b", "Sum")}), (Labels{"loss", "loss"}));
  EXPECT_EQ(labels({Query("a", "Sum"), Query("b", "Minimum")}),
            (Labels{"loss Sum", "loss Minimum"}));
  EXPECT_EQ(labels({Query("a", "Sum"), Query("b", "Sum", 30)}), (Labels{"loss 60", "loss 30"}));
  EXPECT_EQ(labels({Query("a", "Sum"), Query("b", "Minimum", 30)}),
            (Labels{"loss Sum 60", "loss Minimum 30"}));
  EXPECT_EQ(labels({Query("a", "Sum"), named}), (Labels{"loss Sum", "mine"}));
}

TEST_F(CloudWatchServiceTest, OfSeveralUnitsOneIsGivenAndAllAreTold) {
  const auto put = [&](double value, const char* unit) {
    Call("PutMetricData",
         Put({Datum({{"Timestamp", minute()}, {"Value", value}, {"Unit", unit}})}));
  };
  Json in_seconds = Query("s", "Sum");
  (*in_seconds.Find("MetricStat"))["Unit"] = "Seconds";
  const auto results = [&] {
    const Json reply = Call("GetMetricData", Data({Query("any", "Sum"), in_seconds}));
    return reply.Find("MetricDataResults")->AsArray();
  };

  put(60, "Seconds");
  EXPECT_EQ(*results()[0].Find("Values"), Json::Array({60.0}));
  EXPECT_FALSE(results()[0].Has("Messages"));
  put(60'000, "Milliseconds");
  put(60'000, "Milliseconds");
  EXPECT_EQ(*results()[0].Find("Values"), Json::Array({120'000.0}));
  put(5, "Count");
  const auto got = results();
  EXPECT_EQ(*got[0].Find("Values"), Json::Array({5.0}));
  EXPECT_EQ(*got[0].Find("Messages"),
            Json::Array({Json::Object(
                {{"Code", "MultipleUnits"},
                 {"Value", "Multiple units returned: '[Count, Milliseconds, Seconds]'"}})}));
  EXPECT_EQ(*got[1].Find("Values"), Json::Array({60.0}));
  EXPECT_FALSE(got[1].Has("Messages"));
}

TEST_F(CloudWatchServiceTest, PagesOfPointsGiveEachPointOnce) {
  for (int i = 0; i < 7; ++i)
    Call("PutMetricData",
         Put({Datum({{"Timestamp", minute() - i * 60}, {"Value", static_cast<double>(i)}})}));
  for (const char* order : {"TimestampAscending", "TimestampDescending"}) {
    for (const int room : {1, 3, 7, 14}) {
      Json input = Data({Query("a", "Sum"), Query("b", "Maximum")},
                        {{"MaxDatapoints", room}, {"ScanBy", order}});
      std::map<std::string, std::vector<double>> values;
      int pages = 0;
      for (; pages < 20; ++pages) {
        const Json reply = Call("GetMetricData", input);
        for (const Json& result : reply.Find("MetricDataResults")->AsArray())
          for (const Json& value : result.Find("Values")->AsArray())
            values[result.GetString("Id")].push_back(value.AsDouble());
        if (!reply.Has("NextToken")) break;
        input["NextToken"] = reply.GetString("NextToken");
      }

      std::vector<double> expected = {0, 1, 2, 3, 4, 5, 6};
      if (std::string(order) == "TimestampAscending")
        std::reverse(expected.begin(), expected.end());
      EXPECT_EQ(values["a"], expected) << order << room;
      EXPECT_EQ(values["b"], expected) << order << room;
      EXPECT_EQ(pages + 1, (14 + room - 1) / room);
    }
  }
}

TEST_F(CloudWatchServiceTest, QueriesThatCannotBeAreRefusedInAwssWords) {
  const auto refusal = [&](const Json& query) { return Refusal("GetMetricData", Data({query})); };
  Json broken = Query("q", "Sum");

  EXPECT_EQ(refusal(Query("Q", "Sum")),
            "ValidationError: The value Q for parameter MetricDataQueries.member.1.Id is invalid.");
  EXPECT_EQ(refusal(Query("q", "test")),
            "ValidationError: The value test for parameter "
            "MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.");
  EXPECT_EQ(Refusal("GetMetricData", Data({Query("q", "Sum"), Query("q", "Sum")})),
            "ValidationError: The values for parameter id in MetricDataQueries are not unique.");
  broken["Period"] = 60;
  EXPECT_EQ(refusal(broken),
            "ValidationError: The parameters MetricDataQueries.member.1.Period and "
            "MetricDataQueries.member.1.MetricStat are mutually exclusive and you have specified "
            "both.");
  broken = Query("q", "Sum");
  broken.Find("MetricStat")->Find("Metric")->Remove("Namespace");
  EXPECT_EQ(refusal(broken),
            "ValidationError: The parameter "
            "MetricDataQueries.member.1.MetricStat.Metric.Namespace is required.");
  EXPECT_EQ(refusal(Json::Object({{"Id", "q"}})),
            "ValidationError: The parameter MetricDataQueries.member.1.MetricStat is required.\n");
  for (const double seconds : {0.0, 0.9})
    EXPECT_EQ(Refusal("GetMetricData",
                      Data({Query("q", "Sum")}, {{"EndTime", minute() - kHour + seconds}})),
              "ValidationError: The parameter StartTime must not equal parameter EndTime.");
  EXPECT_EQ(
      Refusal("GetMetricData", Data({Query("q", "Sum")}, {{"EndTime", minute() - kHour - 1}})),
      "ValidationError: The parameter EndTime must be greater than StartTime.");
  EXPECT_EQ(Refusal("GetMetricData", Data({Query("q", "Sum")}, {{"NextToken", "x"}})),
            "InvalidNextToken: The next token specified is invalid.");
}

TEST_F(CloudWatchServiceTest, ExpressionsAreCalculatedFromOtherQueries) {
  Call("PutMetricData", Put({Datum({{"Timestamp", minute()}, {"Value", 2.0}}),
                             Datum({{"Timestamp", minute()}, {"Value", 4.0}}),
                             Datum({{"Timestamp", minute() - 60}, {"Value", 5.0}})}));
  const auto expression = [](const char* id, const char* text) {
    return Json::Object({{"Id", id}, {"Expression", text}});
  };
  Json sum = Query("sum", "Sum");
  sum["ReturnData"] = false;
  const auto refusal = [&](std::initializer_list<Json> queries) {
    return Refusal("GetMetricData", Data(queries));
  };

  const Json reply = Call("GetMetricData",
                          Data({expression("twice", "2 * mean"), expression("mean", "sum / count"),
                                sum, Query("count", "SampleCount")}));

  const auto& results = reply.Find("MetricDataResults")->AsArray();
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].GetString("Label"), "twice");
  EXPECT_EQ(*results[0].Find("Values"), Json::Array({6.0, 10.0}));
  EXPECT_EQ(*results[1].Find("Values"), Json::Array({3.0, 5.0}));
  EXPECT_EQ(*results[2].Find("Values"), Json::Array({2.0, 1.0}));
  EXPECT_EQ(refusal({expression("e", "a + 1"), expression("a", "e * 2"), Query("m", "Sum")}),
            "ValidationError: Error in expression 'e': it depends on itself.");
  EXPECT_EQ(refusal({expression("e", "m + 1")}),
            "ValidationError: Error in expression 'e': there is no query with the id m.");
  EXPECT_EQ(refusal({expression("e", "m + n"), Query("m", "Sum"), Query("n", "Sum", 300)}),
            "ValidationError: Error in expression 'e': its metrics have different periods.");
  EXPECT_EQ(refusal({expression("e", "FILL(m, 0)"), Query("m", "Sum")}),
            "ValidationError: Error in expression 'e': the function FILL is not available on this "
            "server; + - * / ^ and parentheses are.");
}

TEST_F(CloudWatchServiceTest, ListsWhatHadDataInTwoWeeksOrThreeHours) {
  Json datum = Datum({{"Value", 1.0}});
  datum["Dimensions"] = Json::Array({Json::Object({{"Name", "b"}, {"Value", "2"}}),
                                     Json::Object({{"Name", "a"}, {"Value", "1"}})});
  Call("PutMetricData", Put({datum}));
  const auto count = [&](std::initializer_list<Json::Member> members) {
    Json input = Json::Object();
    for (const auto& [name, value] : members) input[name] = value;
    return Call("ListMetrics", input).Find("Metrics")->size();
  };
  const auto filter = [](const char* name, const char* value) {
    return Json::Array({Json::Object({{"Name", name}, {"Value", value}})});
  };

  const Json reply = Call("ListMetrics", Json::Object({{"IncludeLinkedAccounts", true}}));
  EXPECT_EQ(reply.Find("Metrics")->AsArray().at(0).Dump(),
            R"({"Namespace":"ns","MetricName":"loss","Dimensions":[{"Name":"a","Value":"1"},)"
            R"({"Name":"b","Value":"2"}]})");
  EXPECT_EQ(*reply.Find("OwningAccounts"), Json::Array({"123456789012"}));
  EXPECT_EQ(count({{"Dimensions", filter("a", "1")}}), 1u);
  EXPECT_EQ(count({{"Dimensions", filter("a", "2")}}), 0u);
  EXPECT_EQ(count({{"Namespace", "other"}}), 0u);
  EXPECT_EQ(count({{"OwningAccount", "210987654321"}}), 0u);
  EXPECT_EQ(count({{"RecentlyActive", "PT3H"}}), 1u);
  clock_.Advance(std::chrono::hours(4));
  EXPECT_EQ(count({{"RecentlyActive", "PT3H"}}), 0u);
  EXPECT_EQ(count({}), 1u);
  clock_.Advance(std::chrono::hours(15 * 24));
  EXPECT_EQ(count({}), 0u);
  EXPECT_EQ(Refusal("ListMetrics", Json::Object({{"NextToken", "x"}})),
            "InvalidParameterValue: Request parameter NextToken is invalid");
}

TEST_F(CloudWatchServiceTest, EveryOperationAsksForItsAction) {
  for (const auto& [name, operation] : service_->operations()) {
    const auto access = operation.access(context_, Json::Object({{"Namespace", "ns"}}));
    ASSERT_EQ(access.size(), 1u) << name;
    EXPECT_EQ(access[0].action, "cloudwatch:" + name);
    EXPECT_EQ(access[0].resource, "*");
    EXPECT_EQ(access[0].context.count("cloudwatch:namespace"), name == "PutMetricData" ? 1u : 0u);
  }
}

}  // namespace
}  // namespace sagebrush::services::cloudwatch
