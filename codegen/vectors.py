#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns botocore's protocol test cases into tables and files for tests/vectors.

    vectors.py --sdist botocore-1.44.5.tar.gz --out build/dev/gen/vectors

botocore's source archive (pinned in botocore.lock; never committed) holds AWS's protocol tests: files of suites, each
with a small service model and cases. Each suite becomes a Service of the same tables as the real ones, with one
operation a case, in the order of the cases; the cases themselves, and the signature test suite, are unpacked beside.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import tarfile

import model
import tables
from generate import HERE, write_if_changed

PROTOCOLS = "tests/unit/protocols/"
SIGNATURES = "tests/unit/auth/aws4_testsuite/"


def read_archive(path: pathlib.Path) -> dict[str, bytes]:
    """Names below the archive's own folder -> content, of what is wanted."""
    files = {}
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            if member.isfile() and name.startswith((PROTOCOLS, SIGNATURES)):
                files[name] = archive.extractfile(member).read()
    return files


def suite_model(suite: dict, identifier: str) -> model.Model:
    metadata = {"serviceId": "Vectors", "endpointPrefix": "vectors", "apiVersion": "", **suite["metadata"]}
    operations = {}
    for number, case in enumerate(suite["cases"]):
        operation = json.loads(json.dumps(case["given"]))
        operation.setdefault("name", "OperationName")
        output = operation.get("output")
        for reference in (operation.get("input"), output):  # old models say it there
            if reference and "payload" in reference:
                suite["shapes"][reference["shape"]]["payload"] = reference["payload"]
        # As botocore's own runner has it: only models of real services say it.
        if metadata["protocol"] == "query" and output and suite["shapes"][output["shape"]].get("members"):
            output.setdefault("resultWrapper", operation["name"] + "Result")
        operations[f"{number:04}"] = operation
    return model.Model(identifier, {"metadata": metadata, "operations": operations, "shapes": suite["shapes"]})


def write_suite(suite: dict, identifier: str) -> str:
    """The suite's table in a namespace of its own, so that many stand in one file."""
    text = tables.write_tables(suite_model(suite, identifier))
    opening = "namespace sagebrush::aws::models {\n"
    return text.replace(opening, f"namespace sagebrush::aws::models::in_{identifier} {{\n")


def write_all(files: dict[str, bytes]) -> dict[str, str]:
    out = {}
    declarations, rows = "", ""
    for name in sorted(files):
        short = name.removeprefix(PROTOCOLS)
        # ec2's protocol is spoken by nobody here.
        if not name.startswith(PROTOCOLS) or "/" not in short or short.endswith("ec2.json"):
            continue
        stem = short.removesuffix(".json").replace("/", "_").replace("-", "_")
        text = ""
        for number, suite in enumerate(json.loads(files[name])):
            identifier = f"{stem}_{number}"
            text += write_suite(suite, identifier)
            declarations += f"namespace in_{identifier} {{ extern const Service {identifier}; }}\n"
            rows += f'{{"{short}", {number}, &models::in_{identifier}::{identifier}}},\n'
        out[f"{stem}.cc"] = text
        out[f"cases/{short}"] = files[name].decode("utf-8")
    out["suites.cc"] = (
        '// Generated. Do not edit; see codegen/vectors.py.\n#include "tests/vectors/suites.h"\n\n'
        f"namespace sagebrush::aws {{\nnamespace models {{\n{declarations}}}  // namespace models\n"
        f"namespace {{\nconst VectorSuite kSuites[] = {{\n{rows}}};\n}}  // namespace\n"
        "std::span<const VectorSuite> VectorSuites() { return kSuites; }\n}  // namespace sagebrush::aws\n"
    )
    for name in sorted(files):
        if name.startswith(SIGNATURES):
            out["signatures/" + name.removeprefix(SIGNATURES)] = files[name].decode("utf-8")
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sdist", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    try:
        lock = model.read_lock(HERE / "botocore.lock")
        model.check_wheel(arguments.sdist, {**lock, "sha256": lock["sdist_sha256"]})
        files = write_all(read_archive(arguments.sdist))
    except (OSError, KeyError, tarfile.TarError, model.ModelError) as error:
        print(f"vectors.py: {error}", file=sys.stderr)
        return 1
    for name, text in files.items():
        write_if_changed(arguments.out / name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
