# SPDX-License-Identifier: Apache-2.0
"""boto3 1.44.5 without any SDK: the tutorial's steps, call by call."""

import textwrap

from clients import steps
from harness import python_of


def test_the_tutorials_steps_by_boto3(server):
    steps.lay_out(server.folder)
    done = server.run(steps.WATCH + steps.BOTO3 + textwrap.dedent("""
        watch.done("import")
        bucket = "tensorflow_sentiment_analysis"
        tutorial(bucket)
        """), python=python_of("boto3"))
    answer = steps.last_line(done)
    steps.tell("boto3", answer["seconds"])
    steps.check_log(done.text, epochs=5)
    steps.check_predictions(answer["predictions"], [(1, 2), (7, 3)])
