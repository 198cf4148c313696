#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the generator: a toy model against golden files, and the rules that the golden files cannot show.

After a wanted change: UPDATE_GOLDEN=1 python3 codegen/generate_test.py, then read the difference.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import coverage  # noqa: E402
import generate  # noqa: E402
import model  # noqa: E402
import names  # noqa: E402
import structs  # noqa: E402
import tables  # noqa: E402
import vectors  # noqa: E402

GOLDEN = HERE / "golden"


def toy() -> model.Model:
    return model.Model("toy-box", json.loads((GOLDEN / "toy_model.json").read_text(encoding="utf-8")))


class GoldenTest(unittest.TestCase):
    maxDiff = None

    def check(self, name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), text)

    def test_tables(self):
        self.check("toy_box.cc.golden", tables.write_tables(toy()))

    def test_structs(self):
        files = generate.generate([toy()], {"toy-box": {"putting": ["PutToy"], "getting": ["GetToy"]}})
        for name in ("shared.h", "shared.cc", "putting.h", "putting.cc", "getting.h"):
            self.check(name + ".golden", files[f"aws_models/toy_box/{name}"])


class RulesTest(unittest.TestCase):
    def test_output_is_the_same_twice(self):
        families = {"toy-box": {"putting": ["PutToy"]}}
        self.assertEqual(generate.generate([toy()], families), generate.generate([toy()], families))

    def test_protocols_are_those_we_speak_in_the_models_order(self):
        data = json.loads((GOLDEN / "toy_model.json").read_text(encoding="utf-8"))
        data["metadata"]["protocols"] = ["smithy-rpc-v2-cbor", "carrier-pigeon", "json", "query"]
        data["metadata"]["protocol"] = "smithy-rpc-v2-cbor"
        self.assertEqual(model.Model("toy", data).protocols, ["smithy-rpc-v2-cbor", "json", "query"])

    def test_model_of_no_protocol_we_speak_is_refused(self):
        data = json.loads((GOLDEN / "toy_model.json").read_text(encoding="utf-8"))
        data["metadata"] |= {"protocol": "ec2", "protocols": ["ec2"]}
        with self.assertRaisesRegex(model.ModelError, "speaks none"):
            model.Model("toy", data).protocols

    def test_shared_shapes_are_written_once(self):
        families = structs.Families(toy(), {"putting": ["PutToy"], "getting": ["GetToy"]})
        self.assertEqual(families.home["Toy"], "shared")
        self.assertEqual(families.home["PutToyRequest"], "putting")
        alone = structs.Families(toy(), {"putting": ["PutToy"]})
        self.assertFalse(alone.has_shared())

    def test_big_enums_and_instance_types_stay_strings(self):
        service = toy()
        service.shapes["Color"]["enum"] = [f"V{number}" for number in range(65)]
        self.assertEqual(structs.Families(service, {}).type_of("Color"), "std::string")
        service.shapes["ToyInstanceType"] = {"type": "string", "enum": ["ml.m5.large"]}
        self.assertEqual(structs.Families(service, {}).type_of("ToyInstanceType"), "std::string")

    def test_tables_keep_every_enum_and_the_checksum_trait(self):
        service = toy()
        service.shapes["Color"] = {"type": "string", "enum": [f"ml.m{number}.large" for number in range(65)]}
        self.assertIn("{kValues+0,65}", tables.write_tables(service))
        self.assertNotIn("O::kChecksumRequired", tables.write_tables(service))
        service.operations["PutToy"]["httpChecksum"] = {"requestChecksumRequired": True}
        self.assertEqual(tables.write_tables(service).count("O::kChecksumRequired"), 1)

    def test_unknown_operation_in_families_is_told(self):
        with self.assertRaisesRegex(model.ModelError, "NoSuchOperation"):
            structs.Families(toy(), {"x": ["NoSuchOperation"]})

    def test_wheel_of_another_version_is_refused(self):
        with tempfile.NamedTemporaryFile() as wheel:
            with self.assertRaisesRegex(model.ModelError, "pins"):
                model.check_wheel(pathlib.Path(wheel.name), model.read_lock(HERE / "botocore.lock"))

    def test_unchanged_files_keep_their_time(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a" / "b.h"
            generate.write_if_changed(path, "x")
            os.utime(path, (1, 1))
            generate.write_if_changed(path, "x")
            self.assertEqual(path.stat().st_mtime, 1)
            generate.write_if_changed(path, "y")
            self.assertEqual(path.read_text(encoding="utf-8"), "y")


class NamesTest(unittest.TestCase):
    def test_snake(self):
        for name, expected in {
            "TrainingJobName": "training_job_name",
            "KmsKeyId": "kms_key_id",
            "S3OutputPath": "s3_output_path",
            "VolumeSizeInGB": "volume_size_in_gb",
            "VPCConfig": "vpc_config",
            "ARNs": "arns",
            "logGroupName": "log_group_name",
            "Default": "default_",
        }.items():
            self.assertEqual(names.snake(name), expected)

    def test_constants_are_distinct(self):
        self.assertEqual(
            names.constants(["ALL_AT_ONCE", "InService", "ml.m5.large", "a-b", "a_b"]),
            {"ALL_AT_ONCE": "kAllAtOnce", "InService": "kInService", "ml.m5.large": "kMlM5Large", "a-b": "kAB", "a_b": "kAB_"},
        )


class VectorsTest(unittest.TestCase):
    SUITE = {
        "description": "two cases of one operation",
        "metadata": {"protocol": "query", "protocols": ["query"], "apiVersion": "2020-01-08"},
        "shapes": {"Out": {"type": "structure", "members": {"A": {"shape": "S"}}}, "S": {"type": "string"}},
        "cases": [
            {"given": {"name": "Do", "http": {"method": "POST", "requestUri": "/"}, "output": {"shape": "Out"}}},
            {"given": {"name": "Do", "http": {"method": "POST", "requestUri": "/"}}},
        ],
    }

    def test_each_case_is_an_operation_in_the_cases_order(self):
        text = vectors.write_suite(self.SUITE, "input_query_0")
        self.assertIn("namespace sagebrush::aws::models::in_input_query_0 {", text)
        self.assertLess(text.index('{"Do"sv,"POST"sv,"/"sv,200,nullptr,&kShapes[0],"DoResult"sv'), text.index('{"Do"sv,"POST"sv,"/"sv,200,nullptr,nullptr'))

    def test_ec2_is_left_out_and_files_are_listed(self):
        archive = {
            "tests/unit/protocols/input/query.json": json.dumps([self.SUITE]).encode(),
            "tests/unit/protocols/input/ec2.json": b"[]",
            "tests/unit/protocols/protocol-tests-ignore-list.json": b"{}",
            "tests/unit/auth/aws4_testsuite/get-vanilla/get-vanilla.req": b"GET / HTTP/1.1",
        }
        files = vectors.write_all(archive)
        self.assertEqual(
            sorted(files),
            ["cases/input/query.json", "input_query.cc", "signatures/get-vanilla/get-vanilla.req", "suites.cc"],
        )
        self.assertIn('{"input/query.json", 0, &models::in_input_query_0::input_query_0},', files["suites.cc"])


class CoverageTest(unittest.TestCase):
    def test_table_marks_what_is_executed_and_by_whom_it_was_called(self):
        clients = coverage.read_clients(["toy-box GetToy Boto3/1.44.5", "toy-box GetToy aws-cli/1.46.5", ""])
        page = coverage.write_page([toy()], {("toy-box", "GetToy")}, clients, {})
        self.assertIn("| toy-box | json, smithy-rpc-v2-cbor | 2 | 0 | 1 | 1 |", page)
        self.assertIn("| GetToy | | yes | Boto3 1.44.5, aws-cli 1.46.5 |", page)
        self.assertIn("| PutToy | | | |", page)
        self.assertNotIn("Not kept", page)

    def test_table_tells_what_is_kept_and_below_it_what_is_not(self):
        kept = coverage.read_kept(["toy-box PutToy GetToy kept 5 -", "toy-box PutToy GetToy dropped 1 Colour",
                                   "toy-box PutToy GetToy refused 3 Wheels[] ValidationException: no wheels, please"])
        page = coverage.write_page([toy()], {("toy-box", "PutToy")}, {}, kept)
        self.assertIn("| PutToy | 5 of 9 | yes | |", page)
        self.assertIn("- PutToy, read by GetToy:\n  - `Colour` is dropped\n  - `Wheels[]` and the 3 below it are refused: ValidationException: no wheels, please\n", page)

    def test_unknown_operations_are_told(self):
        with self.assertRaisesRegex(model.ModelError, "no model has: toy-box NoSuch"):
            coverage.write_page([toy()], {("toy-box", "NoSuch")}, {}, {})

    def test_calls_without_a_handler_are_told(self):
        with self.assertRaisesRegex(model.ModelError, "not executed: toy-box GetToy"):
            coverage.write_page([toy()], set(), {("toy-box", "GetToy"): ["x"]}, {})
        with self.assertRaisesRegex(model.ModelError, "measured, but not executed: toy-box PutToy"):
            coverage.write_page([toy()], set(), {}, coverage.read_kept(["toy-box PutToy GetToy kept 5 -"]))

    def test_broken_lines_are_told(self):
        with self.assertRaisesRegex(model.ModelError, "not `service operation client`: toy-box GetToy"):
            coverage.read_clients(["toy-box GetToy"])
        with self.assertRaisesRegex(model.ModelError, "toy-box PutToy GetToy kept many -"):
            coverage.read_kept(["toy-box PutToy GetToy kept many -"])


if __name__ == "__main__":
    unittest.main()
