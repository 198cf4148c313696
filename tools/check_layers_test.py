#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_layers.py: each makes a small tree and says what must be refused in it."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_layers  # noqa: E402


class CheckLayers(unittest.TestCase):
    def problems(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files["tree"].items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return check_layers.check(root)

    def one(self, name, include):
        return self.problems(tree={name: f"// first\n#include {include}\n"})

    def assert_allowed(self, name, include):
        self.assertEqual(self.one(name, include), [])

    def assert_refused(self, name, include, words):
        problems = self.one(name, include)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(f"{name}:2: ", problems[0])
        self.assertIn(words, problems[0])

    def test_arrows_are_followed_downwards_and_transitively(self):
        self.assert_allowed("src/services/s3/bucket.cc", '"objectstore/object_store.h"')
        self.assert_allowed("src/services/s3/bucket.cc", '"base/status.h"')
        self.assert_allowed("src/serving/router.cc", '"http/client.h"')
        self.assert_allowed("apps/sagebrush/main.cc", '"agent/agent.h"')

    def test_an_include_upwards_is_refused(self):
        self.assert_refused("src/base/status.cc", '"http/server.h"', "no other module")
        self.assert_refused("src/objectstore/index.h", '"aws/error.h"', "let apps/ plug aws in")
        self.assert_refused("src/services/s3/bucket.cc", '"agent/agent.h"', "let apps/ plug agent in")

    def test_siblings_do_not_include_one_another(self):
        self.assert_refused("src/serving/router.cc", '"orchestrator/backend.h"', "let apps/ plug")
        self.assert_refused("src/iam/decision.cc", '"logstore/log_store.h"', "let apps/ plug")

    def test_angle_brackets_do_not_hide_a_module(self):
        self.assert_refused("src/base/status.cc", "<http/server.h>", "no other module")

    def test_spaces_do_not_hide_an_include(self):
        self.assertEqual(len(self.problems(tree={"src/base/a.h": '  #  include "aws/error.h"\n'})), 1)

    def test_internal_headers_are_the_modules_own(self):
        self.assert_allowed("src/aws/parse.cc", '"aws/internal/scalar.h"')
        self.assert_refused("src/services/iam/user.cc", '"aws/internal/scalar.h"', "internal/ is its own")

    def test_only_tests_include_testing(self):
        self.assert_allowed("src/serving/router_test.cc", '"testing/fake_clock.h"')
        self.assert_allowed("src/serving/test_models.h", '"testing/fake_clock.h"')
        self.assert_allowed("src/serving/router_test.cc", '"serving/test_models.h"')
        self.assert_refused("src/serving/router.cc", '"testing/fake_clock.h"', "only tests")
        self.assert_refused("src/serving/router.cc", '"serving/test_models.h"', "only tests")

    def test_nothing_includes_apps_and_programs_stay_apart(self):
        self.assert_allowed("apps/sagebrush/main.cc", '"apps/sagebrush/wiring.h"')
        self.assert_refused("src/services/a.cc", '"apps/sagebrush/wiring.h"', "nothing may include apps/")
        self.assert_refused("apps/sagebrush-agent/main.cc", '"apps/sagebrush/wiring.h"', "one program")

    def test_heavy_libraries_stay_where_they_belong(self):
        self.assert_allowed("src/http/server.cc", "<boost/asio.hpp>")
        self.assert_allowed("src/http/internal/stream.h", "<boost/asio.hpp>")
        self.assert_refused("src/http/server.h", "<boost/asio.hpp>", "stays out of headers")
        self.assert_refused("src/aws/parse.cc", "<boost/beast.hpp>", "for http only")

    def test_a_quoted_include_is_written_from_src(self):
        self.assert_refused("src/base/status.cc", '"status.h"', "write it from src/")
        self.assert_refused("src/base/status.cc", '"../http/server.h"', "write it from src/")

    def test_generated_headers_belong_to_aws(self):
        self.assert_allowed("src/services/sts/caller.cc", '"aws_models/sts.h"')
        self.assert_refused("src/iam/identity.cc", '"aws_models/sts.h"', "let apps/ plug aws in")

    def test_a_module_that_the_design_does_not_know_is_refused(self):
        self.assert_refused("src/helpers/misc.cc", "<string>", "no module of the design")

    def test_a_file_beside_the_modules_is_refused(self):
        self.assertEqual(len(self.problems(tree={"src/misc.cc": ""})), 1)


if __name__ == "__main__":
    unittest.main()
