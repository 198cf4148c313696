# SPDX-License-Identifier: Apache-2.0
"""Reads service models out of the pinned botocore wheel.

A wheel is a zip archive, so nothing is installed: the archive's hash is compared with botocore.lock and the
wanted service-2.json files are read in place. A Model resolves what botocore scatters over a member reference
and the shape it refers to (locationName, flattened, xmlNamespace, timestampFormat) the way botocore does:
the reference wins over the shape.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import pathlib
import re
import zipfile


# As models call them. What the server makes of each: src/aws/protocol.h.
PROTOCOLS = ("json", "rest-json", "rest-xml", "query", "smithy-rpc-v2-cbor")


class ModelError(Exception):
    """The input is not what the generator was written for."""


def read_lock(path: pathlib.Path) -> dict[str, str]:
    """Reads `key = value` lines."""
    lines = [line.split("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    return {key.strip(): value.strip() for key, value in (line.split("=", 1) for line in lines if "=" in line)}


def check_wheel(wheel: pathlib.Path, lock: dict[str, str]) -> None:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != lock["sha256"]:
        raise ModelError(
            f"{wheel.name} has sha256 {digest}, but codegen/botocore.lock pins {lock['sha256']}"
            f" ({lock['name']} {lock['version']}): download that version again"
        )


def load_from_wheel(wheel: pathlib.Path, service: str) -> "Model":
    """Loads the newest API version of `service`, a folder name in botocore/data."""
    pattern = re.compile(rf"botocore/data/{re.escape(service)}/[^/]+/service-2\.json(\.gz)?")
    with zipfile.ZipFile(wheel) as archive:
        names = sorted(name for name in archive.namelist() if pattern.fullmatch(name))
        if not names:
            raise ModelError(f"{wheel.name} holds no model of service {service!r}")
        data = archive.read(names[-1])
    if names[-1].endswith(".gz"):
        data = gzip.decompress(data)
    return Model(service, json.loads(data))


class Member:
    """A member of a structure, the element of a list, or the key or value of a map, with everything resolved."""

    def __init__(self, model: "Model", name: str, ref: dict, default_wire_name: str, *, required: bool = False):
        shape = model.shapes[ref["shape"]]

        def resolved(key, default=None):
            return ref.get(key, shape.get(key, default))

        self.name = name
        self.shape_name: str = ref["shape"]
        self.has_wire_name = "locationName" in ref or "locationName" in shape
        self.wire_name: str = resolved("locationName", default_wire_name)
        self.location: str = resolved("location", "")
        self.required = required
        self.flattened = bool(resolved("flattened", False))
        self.xml_attribute = bool(resolved("xmlAttribute"))
        self.streaming = bool(resolved("streaming", False))
        self.json_value = bool(resolved("jsonvalue"))
        self.idempotency_token = bool(ref.get("idempotencyToken"))
        self.deprecated = bool(ref.get("deprecated"))
        self.event_payload = bool(resolved("eventpayload"))
        namespace = resolved("xmlNamespace")
        if isinstance(namespace, str):
            namespace = {"uri": namespace}
        self.xml_namespace: dict | None = namespace
        self.timestamp_format: str = resolved("timestampFormat", "")


class Model:
    """One service-2.json."""

    def __init__(self, folder: str, data: dict, overrides: dict | None = None):
        self.folder = folder
        self.metadata: dict = data["metadata"]
        self.operations: dict[str, dict] = dict(sorted(data["operations"].items()))
        self.shapes: dict[str, dict] = data["shapes"]
        self.shape_index = {name: index for index, name in enumerate(self.shapes)}
        self.overrides = overrides or {}

    @property
    def identifier(self) -> str:
        """The service as a C++ namespace and folder: sagemaker-runtime -> sagemaker_runtime."""
        return self.folder.replace("-", "_")

    @property
    def protocols(self) -> list[str]:
        """Those of the model's protocols that the server speaks, the service's favourite first."""
        listed = dict.fromkeys([self.metadata["protocol"], *self.metadata.get("protocols", [])])
        spoken = [protocol for protocol in listed if protocol in PROTOCOLS]
        if not spoken:
            raise ModelError(f"{self.folder} speaks none of {', '.join(PROTOCOLS)}")
        return spoken

    def members(self, shape_name: str) -> list[Member]:
        """Members in model order; a list has one (`member`), a map two (`key`, `value`)."""
        shape = self.shapes[shape_name]
        if shape["type"] == "structure":
            required = set(shape.get("required", []))
            return [
                Member(self, name, ref, name, required=name in required)
                for name, ref in shape.get("members", {}).items()
            ]
        if shape["type"] == "list":
            return [Member(self, "member", shape["member"], "member")]
        if shape["type"] == "map":
            return [Member(self, "key", shape["key"], "key"), Member(self, "value", shape["value"], "value")]
        return []
