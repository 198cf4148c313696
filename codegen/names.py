# SPDX-License-Identifier: Apache-2.0
"""Turns AWS's names into ours: TrainingJobName -> training_job_name, `ml.m5.large` -> kMlM5Large."""

from __future__ import annotations

import re

KEYWORDS = frozenset(
    "and auto bool break case catch char class const continue default delete do double else enum explicit export "
    "extern false float for friend goto if inline int long mutable namespace new not operator or private protected "
    "public register return short signed sizeof static struct switch template this throw true try typedef typename "
    "union unsigned using virtual void volatile while xor".split()
)


def snake(name: str) -> str:
    """KMSKeyId -> kms_key_id, S3OutputPath -> s3_output_path, VolumeSizeInGB -> volume_size_in_gb, ARNs -> arns."""
    if re.fullmatch(r"[A-Z]+s", name):
        return name.lower()
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", spaced)
    text = re.sub(r"[^A-Za-z0-9]+", "_", spaced).strip("_").lower()
    return text + "_" if text in KEYWORDS else text


def constant(value: str) -> str:
    """An enum value as kName. Words that are all capitals become Capitalised; mixed ones stay as they are."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", value) if word]
    return "k" + "".join(
        word.capitalize() if word.isupper() or word.islower() else word[0].upper() + word[1:] for word in words
    )


def constants(values: list[str]) -> dict[str, str]:
    """Value -> constant, made distinct where two values differ only in punctuation."""
    taken: dict[str, str] = {}
    for value in values:
        name = constant(value)
        while name in taken.values():
            name += "_"
        taken[value] = name
    return taken


def pascal(folder: str) -> str:
    """sagemaker-runtime -> SagemakerRuntime."""
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", folder))
