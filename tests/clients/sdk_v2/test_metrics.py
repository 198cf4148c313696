# SPDX-License-Identifier: Apache-2.0
"""A job's own figures by SDK 2.257.7."""

import textwrap

from clients import metrics_steps
from harness import python_of


def test_analytics_draw_the_jobs_curve(server):
    (server.folder / "train.py").write_text(metrics_steps.CURVE)

    answer = server.answer(textwrap.dedent("""
        import json, sagemaker
        from sagemaker.tensorflow import TensorFlow
        e = TensorFlow(entry_point="train.py", role=sagemaker.get_execution_role(), instance_count=1, instance_type="ml.m5.xlarge", framework_version="1.15.5", py_version="py3",
                       metric_definitions=%r)
        e.fit()
        frame = e.training_job_analytics.dataframe()
        by_second = sagemaker.analytics.TrainingJobAnalytics(e.latest_training_job.name, metric_names=["train:loss"], period=1).dataframe()
        print(json.dumps({"names": sorted(set(frame["metric_name"])), "curve": list(by_second["value"])}))
        """ % metrics_steps.DEFINITIONS), python=python_of("sdk_v2"))

    assert answer["names"] == ["accuracy", "train:loss"]
    assert len(answer["curve"]) >= 2 and answer["curve"] == sorted(answer["curve"], reverse=True)
