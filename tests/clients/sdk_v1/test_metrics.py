# SPDX-License-Identifier: Apache-2.0
"""A job's own figures and what its instance uses, by SDK 1.72.1; an endpoint's invocations by boto3."""

import textwrap

from clients import metrics_steps
from clients.sdk_v1.steps import DEPLOY, FIT


def test_analytics_draw_the_jobs_curve(any_server):
    (any_server.folder / "train.py").write_text(metrics_steps.CURVE)

    answer = any_server.answer(FIT + textwrap.dedent("""
        import boto3
        from sagemaker.analytics import TrainingJobAnalytics
        e = estimator("train.py", metric_definitions=%r)
        e.fit()
        name = e.latest_training_job.name
        by_minute = TrainingJobAnalytics(name).dataframe()
        by_second = TrainingJobAnalytics(name, metric_names=["train:loss"], period=1).dataframe()
        job = e.latest_training_job.describe()
        cloudwatch = boto3.client("cloudwatch")
        host = [{"Name": "Host", "Value": name + "/algo-1"}]
        def maximum(metric):
            points = cloudwatch.get_metric_statistics(Namespace="/aws/sagemaker/TrainingJobs", MetricName=metric, Dimensions=host, StartTime=job["CreationTime"],
                EndTime=job["TrainingEndTime"].replace(microsecond=0) + __import__("datetime").timedelta(minutes=1), Period=60, Statistics=["Maximum", "SampleCount"])["Datapoints"]
            return [max(point["Maximum"] for point in points), points[0]["Unit"], sum(point["SampleCount"] for point in points)] if points else None
        samples = cloudwatch.get_metric_statistics(Namespace="/aws/sagemaker/TrainingJobs", MetricName="train:loss", Dimensions=[{"Name": "TrainingJobName", "Value": name}],
            StartTime=job["CreationTime"], EndTime=job["TrainingEndTime"] + __import__("datetime").timedelta(minutes=1), Period=60, Statistics=["SampleCount"])["Datapoints"]
        print(json.dumps({"columns": list(by_minute.columns), "names": sorted(set(by_minute["metric_name"])), "minutes": len(by_minute),
            "curve": list(by_second["value"]), "samples": sum(point["SampleCount"] for point in samples),
            "final": {m["MetricName"]: m["Value"] for m in job["FinalMetricDataList"]}, "began": job["TrainingStartTime"].timestamp(), "ended": job["TrainingEndTime"].timestamp(),
            "times": [m["Timestamp"].timestamp() for m in job["FinalMetricDataList"]],
            "use": {metric: maximum(metric) for metric in ["CPUUtilization", "MemoryUtilization", "DiskUtilization"]}}))
        """ % metrics_steps.DEFINITIONS))

    assert answer["columns"] == ["timestamp", "metric_name", "value"] and answer["names"] == ["accuracy", "train:loss"]
    assert answer["minutes"] >= 2
    assert answer["samples"] == 30  # every line once; "nan" is no value
    assert len(answer["curve"]) >= 2 and answer["curve"] == sorted(answer["curve"], reverse=True)
    assert answer["final"] == {"train:loss": 0.0333, "accuracy": 29.0}
    for time in answer["times"]:
        assert answer["began"] - 1 <= time <= answer["ended"] + 1
    for value, unit, count in answer["use"].values():
        assert 0 < value and unit == "Percent" and count >= 2
    assert answer["use"]["CPUUtilization"][0] > 10
    assert 0.5 < answer["use"]["MemoryUtilization"][0] <= 100


def test_a_regex_that_cannot_be_used_is_refused_at_once(server):
    (server.folder / "train.py").write_text("print(1)")

    answer = server.answer(FIT + textwrap.dedent("""
        try: estimator("train.py", metric_definitions=[{"Name": "loss", "Regex": "(?<=loss )([0-9]+)"}]).fit(); print(json.dumps("accepted"))
        except Exception as error: print(json.dumps(str(error)))
        """))

    assert "ValidationException" in answer and "MetricDefinition 'loss' cannot be used" in answer and "look-around" in answer


def test_an_endpoints_invocations_are_counted(server, model_archive):
    (server.folder / "model.tar.gz").write_bytes(model_archive.read_bytes())

    answer = server.answer(DEPLOY + textwrap.dedent("""
        import datetime
        for _ in range(20): predictor.predict([1.0, 2.0, 3.0])
        runtime, cloudwatch = boto3.client("sagemaker-runtime"), boto3.client("cloudwatch")
        for _ in range(5):
            try: runtime.invoke_endpoint(EndpointName="plain", Body=b"{", ContentType="application/json")
            except runtime.exceptions.ClientError: pass
        dimensions = [{"Name": "EndpointName", "Value": "plain"}, {"Name": "VariantName", "Value": "AllTraffic"}]
        now = datetime.datetime.utcnow()
        def read(metric, stat, namespace="AWS/SageMaker"):
            values = cloudwatch.get_metric_data(StartTime=now - datetime.timedelta(minutes=10), EndTime=now + datetime.timedelta(minutes=2),
                MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}, "Period": 3600, "Stat": stat}}]
                )["MetricDataResults"][0]["Values"]
            return values[0] if values else None
        end = time.time() + 40
        while read("Invocations", "Sum") != 25 and time.time() < end: time.sleep(0.2)
        print(json.dumps({"invocations": read("Invocations", "Sum"), "client_errors": read("Invocation4XXErrors", "Sum"), "share": read("Invocation4XXErrors", "Average"),
            "server_errors": read("Invocation5XXErrors", "Sum"), "per_instance": read("InvocationsPerInstance", "Sum"), "latency": read("ModelLatency", "p90"),
            "overhead": read("OverheadLatency", "Average"), "memory": read("MemoryUtilization", "Maximum", "/aws/sagemaker/Endpoints")}))
        predictor.delete_endpoint()
        """).replace("predictor.delete_endpoint()\n", ""))

    assert answer["invocations"] == 25 and answer["client_errors"] == 5 and answer["share"] == 0.2
    assert answer["server_errors"] == 0 and answer["per_instance"] == 25
    assert 10 < answer["latency"] < 5e6 and 0 < answer["overhead"] < 1e6  # microseconds
    assert answer["memory"] > 0
