# SPDX-License-Identifier: Apache-2.0
"""CloudWatch's metrics by boto3 1.16.63, which speaks the query protocol, by the proxy alone."""

from clients import metrics_steps
from clients.boto3_2021.test_tutorial import by_the_proxy_alone
from harness import python_of


def test_metrics_by_query(server):
    answer = server.answer("import boto3\ncloudwatch = boto3.client('cloudwatch')\n" + metrics_steps.PUT_AND_GET,
                           python=python_of("boto3_2021"), env=by_the_proxy_alone(server))
    metrics_steps.check(answer)
