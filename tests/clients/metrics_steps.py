# SPDX-License-Identifier: Apache-2.0
"""CloudWatch's metrics by boto3 of any age and protocol, and a script that prints a curve. Nothing in it names Sagebrush."""

# Puts one series in all forms and reads it by every operation. `cloudwatch` is there.
PUT_AND_GET = """
import datetime, json
now = datetime.datetime.utcnow().replace(second=0, microsecond=0) - datetime.timedelta(minutes=5)
def at(minutes): return now + datetime.timedelta(minutes=minutes)
dimensions = [{"Name": "Model", "Value": "a b"}, {"Name": "Stage", "Value": "test & <co>"}]
def datum(minutes, **value):
    return dict({"MetricName": "Loss", "Dimensions": dimensions, "Timestamp": at(minutes), "Unit": "Seconds"}, **value)
cloudwatch.put_metric_data(Namespace="Team/Project", MetricData=[
    datum(0, Value=2.5), datum(0, Values=[1.0, 10.0], Counts=[2.0, 4.0]),
    datum(1, StatisticValues={"SampleCount": 2, "Sum": 7, "Minimum": 3, "Maximum": 4})])
# In another order, and so many that clients compress the request (10 KiB).
cloudwatch.put_metric_data(Namespace="Team/Project", MetricData=[
    dict(datum(2, Value=float(i)), Dimensions=dimensions[::-1], StorageResolution=1) for i in range(200)])
window = dict(StartTime=at(-5), EndTime=at(10))
def statistics(**more):
    reply = cloudwatch.get_metric_statistics(Namespace="Team/Project", MetricName="Loss", Dimensions=dimensions, Period=60, **dict(window, **more))
    return sorted(reply["Datapoints"], key=lambda point: point["Timestamp"])
points = statistics(Statistics=["SampleCount", "Average", "Sum", "Minimum", "Maximum"])
def stat(point): return [(point["Timestamp"].replace(tzinfo=None) - now).total_seconds(), point["SampleCount"], point["Sum"], point["Minimum"], point["Maximum"], point["Unit"]]
def query(name, stat):
    return {"Id": name, "MetricStat": {"Metric": {"Namespace": "Team/Project", "MetricName": "Loss", "Dimensions": dimensions}, "Period": 60, "Stat": stat}}
pages = list(cloudwatch.get_paginator("get_metric_data").paginate(MetricDataQueries=[query("sums", "Sum"), query("middle", "p50")], MaxDatapoints=2, ScanBy="TimestampAscending", **window))
values = {}
for page in pages:
    for result in page["MetricDataResults"]: values.setdefault(result["Id"], []).extend(result["Values"])
listed = cloudwatch.list_metrics(Namespace="Team/Project")["Metrics"]
def refusal(call, **arguments):
    try: call(**arguments); return "accepted"
    except cloudwatch.exceptions.ClientError as error:
        return "%s %s: %s" % (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"], error.response["Error"]["Message"])
print(json.dumps({
    "points": [stat(point) for point in points], "pages": len(pages), "values": values,
    "percentiles": [point["ExtendedStatistics"] for point in statistics(ExtendedStatistics=["p90"])],
    "listed": [[metric["MetricName"], {d["Name"]: d["Value"] for d in metric["Dimensions"]}] for metric in listed],
    "old": refusal(cloudwatch.put_metric_data, Namespace="n", MetricData=[{"MetricName": "m", "Value": 1, "Timestamp": at(-30 * 24 * 60)}]),
    "both": refusal(cloudwatch.put_metric_data, Namespace="n", MetricData=[{"MetricName": "m", "Value": 1, "Values": [1.0]}]),
    "accent": refusal(cloudwatch.put_metric_data, Namespace="n", MetricData=[{"MetricName": "m", "Value": 1, "Dimensions": [{"Name": "d", "Value": "t\\u00e9st"}]}]),
    "nan": refusal(cloudwatch.put_metric_data, Namespace="n", MetricData=[{"MetricName": "m", "Value": float("nan")}]),
    "many": refusal(cloudwatch.get_metric_statistics, Namespace="n", MetricName="m", StartTime=at(-3000), EndTime=at(0), Period=60, Statistics=["Sum"]),
    "none": refusal(cloudwatch.get_metric_statistics, Namespace="n", MetricName="m", StartTime=at(-30), EndTime=at(0), Period=60),
    "math": refusal(cloudwatch.get_metric_data, MetricDataQueries=[{"Id": "e", "Expression": "FILL(m, 0)"}], **window)}))
"""


def check(answer):
    assert answer["points"] == [[0.0, 7.0, 44.5, 1.0, 10.0, "Seconds"], [60.0, 2.0, 7.0, 3.0, 4.0, "Seconds"],
                                [120.0, 200.0, 19900.0, 0.0, 199.0, "Seconds"]]
    # The second minute's values are not known, so it has no percentiles.
    assert answer["values"]["sums"] == [44.5, 7.0, 19900.0] and len(answer["values"]["middle"]) == 2
    assert answer["values"]["middle"][0] == 10.0 and abs(answer["values"]["middle"][1] - 99.5) < 5
    assert answer["pages"] == 3
    assert [point["p90"] for point in answer["percentiles"]][0] == 10.0
    assert answer["listed"] == [["Loss", {"Model": "a b", "Stage": "test & <co>"}]]
    assert answer["old"] == "400 InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."
    assert answer["both"] == ("400 InvalidParameterCombination: The parameters MetricData.member.1.Value and MetricData.member.1.Values are "
                              "mutually exclusive and you have specified both.")
    assert answer["accent"] == ("400 InvalidParameterValue: The value for parameter MetricData.member.1.Dimensions.member.1.Value contains "
                                "non-ASCII characters.")
    assert answer["nan"].startswith("400 ")  # whose words depends on whether the protocol has such a number
    assert answer["many"] == ("400 InvalidParameterCombination: You have requested up to 3000 datapoints, which exceeds the limit of 1440. "
                              "You may reduce the datapoints requested by increasing Period, or decreasing the time range.")
    assert answer["none"] == "400 InvalidParameterCombination: At least one of the parameters Statistics and ExtendedStatistics must be specified."
    assert answer["math"].startswith("400 ValidationError: Error in expression 'e'")


# A script that prints a curve: one line a step, over more than a second.
CURVE = """
import sys, time
block = bytearray(100 << 20)
end = time.time() + 1.5
for step in range(30):
    print("step %d - train-loss: %.4f - accuracy=%d%%" % (step, 1.0 / (step + 1), step), flush=True)
    while time.time() < end - 1.5 + step * 0.05: sum(range(1000))
print("train-loss: nan")
"""
DEFINITIONS = [{"Name": "train:loss", "Regex": "train-loss: ([0-9\\.]+)"}, {"Name": "accuracy", "Regex": "accuracy=(\\d+)%"}]
