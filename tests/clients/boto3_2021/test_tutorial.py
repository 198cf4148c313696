# SPDX-License-Identifier: Apache-2.0
"""boto3 1.16.63, of SDK 1.72's days. It knows no AWS_ENDPOINT_URL: it calls AWS's own host names, with buckets as hosts, and
reaches the server by the proxy alone."""

import textwrap

from clients import steps
from harness import python_of


def by_the_proxy_alone(server):
    env = server.env()
    del env["AWS_ENDPOINT_URL"]
    return env


def test_the_tutorials_steps_by_a_boto3_of_2021(server):
    steps.lay_out(server.folder)
    done = server.run(steps.WATCH + steps.BOTO3 + textwrap.dedent("""
        watch.done("import")
        hosts = set()
        s3.meta.events.register("before-send.s3", lambda request, **_: hosts.add(request.url.split("/")[2]))
        tutorial("tensorflow-sentiment-analysis")
        assert hosts == {"tensorflow-sentiment-analysis.s3.us-west-2.amazonaws.com"}, hosts
        """), python=python_of("boto3_2021"), env=by_the_proxy_alone(server))
    answer = steps.last_line(done)
    steps.tell("boto3_2021", answer["seconds"])
    steps.check_log(done.text, epochs=5)
    steps.check_predictions(answer["predictions"], [(1, 2), (7, 3)])


def test_buckets_that_no_host_can_be_named_after_are_in_the_path(server):
    answer = server.answer(textwrap.dedent("""
        import boto3, json
        s3, sent = boto3.client("s3"), []
        s3.meta.events.register("before-send.s3", lambda request, **_: sent.append(request.url))
        s3.create_bucket(Bucket="tensorflow_sentiment_analysis", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        s3.put_object(Bucket="tensorflow_sentiment_analysis", Key="a/b c", Body=b"x")
        print(json.dumps([sent[-1].split("?")[0], s3.get_object(Bucket="tensorflow_sentiment_analysis", Key="a/b c")["Body"].read().decode()]))
        """), python=python_of("boto3_2021"), env=by_the_proxy_alone(server))
    assert answer == ["https://s3.us-west-2.amazonaws.com/tensorflow_sentiment_analysis/a/b%20c", "x"]
