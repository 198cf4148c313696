#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns AWS's service models into C++: tables of every operation and shape, structs for what has handlers.

    generate.py --wheel botocore-1.44.5-py3-none-any.whl --families families.json --out build/dev/gen

Runs at build time on the standard library alone. A file whose content did not change is left as it is, so that
nothing is rebuilt; a file that is no longer generated is removed.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

import model
import structs
import tables

HERE = pathlib.Path(__file__).resolve().parent
SERVICES = ("cloudwatch", "iam", "logs", "s3", "sagemaker", "sagemaker-runtime", "sts")


def generate(models: list[model.Model], families: dict[str, dict[str, list[str]]]) -> dict[str, str]:
    """Relative path -> text, of everything."""
    files = {
        "aws_models/services.h": tables.write_registry_header(models),
        "aws_models/services.cc": tables.write_registry(models),
    }
    unknown = set(families) - {service.folder for service in models}
    if unknown:
        raise model.ModelError(f"families.json names unknown services: {', '.join(sorted(unknown))}")
    for service in models:
        files[f"aws_models/{service.identifier}.cc"] = tables.write_tables(service)
        typed = structs.Families(service, families.get(service.folder, {}))
        for family in typed.headers():
            files[f"aws_models/{service.identifier}/{family}.h"] = structs.write_header(typed, family)
            files[f"aws_models/{service.identifier}/{family}.cc"] = structs.write_source(typed, family)
    return files


def write_if_changed(path: pathlib.Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=pathlib.Path, required=True)
    parser.add_argument("--families", type=pathlib.Path, default=HERE / "families.json")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    try:
        model.check_wheel(arguments.wheel, model.read_lock(HERE / "botocore.lock"))
        overrides = json.loads((HERE / "overrides.json").read_text(encoding="utf-8"))
        models = [model.load_from_wheel(arguments.wheel, service) for service in SERVICES]
        for service in models:
            service.overrides = overrides.get(service.folder, {})
        files = generate(models, json.loads(arguments.families.read_text(encoding="utf-8")))
    except (OSError, model.ModelError) as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    for name, text in files.items():
        write_if_changed(arguments.out / name, text)
    for path in (arguments.out / "aws_models").rglob("*"):
        if path.is_file() and path.relative_to(arguments.out).as_posix() not in files:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
