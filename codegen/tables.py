# SPDX-License-Identifier: Apache-2.0
"""Writes a whole service model as constant C++ tables: every operation, every shape, one .cc file.

The file holds three big arrays (members, enum values, shapes) that point into one another, then the operations
and the service. They are constant-initialised, so a program starts with them in its read-only data. What the
fields mean is said once, in src/aws/schema.h.
"""

from __future__ import annotations

from model import Member, Model, ModelError
from names import pascal

TYPES = {
    "structure": "kStructure",
    "list": "kList",
    "map": "kMap",
    "string": "kString",
    "character": "kString",
    "blob": "kBlob",
    "boolean": "kBoolean",
    "integer": "kInteger",
    "short": "kInteger",
    "byte": "kInteger",
    "long": "kLong",
    "float": "kFloat",
    "double": "kDouble",
    "timestamp": "kTimestamp",
}
LOCATIONS = {
    "": "kBody",
    "uri": "kUri",
    "querystring": "kQuery",
    "header": "kHeader",
    "headers": "kHeaderPrefix",
    "statusCode": "kStatusCode",
}
TIMESTAMPS = {"": "kProtocol", "unixTimestamp": "kUnix", "iso8601": "kIso8601", "rfc822": "kRfc822"}
VALIDATION_CODES = {
    "json": "ValidationException",
    "rest-json": "ValidationException",
    "rest-xml": "InvalidArgument",
    "query": "ValidationError",
    "smithy-rpc-v2-cbor": "ValidationException",
}
PROTOCOLS = {
    "json": "kJson",
    "rest-json": "kRestJson",
    "rest-xml": "kRestXml",
    "query": "kQuery",
    "smithy-rpc-v2-cbor": "kCbor",
}


def quote(text: str) -> str:
    """A C++ string literal, `""sv` so that its length is known without counting."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif " " <= char <= "~":
            out.append(char)
        else:
            out.extend(f"\\{byte:03o}" for byte in char.encode("utf-8"))
    return '"' + "".join(out).replace("??", '?""?') + '"sv'


def flags(prefix: str, pairs: list[tuple[str, bool]]) -> str:
    return "|".join(f"{prefix}{name}" for name, is_set in pairs if is_set) or "0"


class Tables:
    """Collects the arrays of one service while its shapes are walked in model order."""

    def __init__(self, model: Model):
        self.model = model
        self.member_rows: list[str] = []
        self.enum_rows: list[str] = []
        self.namespace_rows: dict[tuple[str, str], int] = {}

    def namespace(self, value: dict | None) -> str:
        if not value:
            return "nullptr"
        key = (value["uri"], value.get("prefix", ""))
        index = self.namespace_rows.setdefault(key, len(self.namespace_rows))
        return f"&kNamespaces[{index}]"

    def shape_pointer(self, name: str) -> str:
        return f"&kShapes[{self.model.shape_index[name]}]"

    def member_row(self, member: Member) -> str:
        bits = flags(
            "M::k",
            [
                ("Required", member.required),
                ("Flattened", member.flattened),
                ("HasWireName", member.has_wire_name),
                ("XmlAttribute", member.xml_attribute),
                ("Streaming", member.streaming),
                ("JsonValue", member.json_value),
                ("IdempotencyToken", member.idempotency_token),
                ("Deprecated", member.deprecated),
                ("EventPayload", member.event_payload),
            ],
        )
        return (
            f"{{{quote(member.name)},{quote(member.wire_name)},{self.shape_pointer(member.shape_name)},"
            f"{self.namespace(member.xml_namespace)},Location::{LOCATIONS[member.location]},"
            f"TimestampFormat::{TIMESTAMPS[member.timestamp_format]},{bits}}},"
        )

    def shape_row(self, name: str) -> str:
        shape = self.model.shapes[name]
        if shape["type"] not in TYPES:
            raise ModelError(f"{self.model.folder}: shape {name} is of unknown type {shape['type']!r}")
        members = self.model.members(name)
        first_member = len(self.member_rows)
        self.member_rows += [self.member_row(member) for member in members]
        values = shape.get("enum", [])
        first_value = len(self.enum_rows)
        self.enum_rows += [quote(value) + "," for value in values]
        payload = [member.name for member in members].index(shape["payload"]) if "payload" in shape else -1
        error = shape.get("error", {})
        bits = flags(
            "S::k",
            [
                ("HasMin", "min" in shape),
                ("HasMax", "max" in shape),
                ("Union", bool(shape.get("union"))),
                ("Exception", bool(shape.get("exception")) or "error" in shape),
                ("Sensitive", bool(shape.get("sensitive"))),
                ("EventStream", bool(shape.get("eventstream"))),
                ("SenderFault", bool(error.get("senderFault"))),
                ("ServerFault", bool(shape.get("fault"))),
                ("Document", bool(shape.get("document"))),
            ],
        )
        return (
            f"{{{quote(name)},Type::{TYPES[shape['type']]},{bits},{payload},"
            f"{{kMembers+{first_member},{len(members)}}},{{kValues+{first_value},{len(values)}}},"
            f"{float(shape.get('min', 0))!r},{float(shape.get('max', 0))!r},{quote(shape.get('pattern', ''))},"
            f"{quote(error.get('code', ''))},{error.get('httpStatusCode', 0)}}},"
        )

    def operation_row(self, name: str) -> tuple[str, list[str]]:
        operation = self.model.operations[name]
        http = operation.get("http", {})
        output = operation.get("output", {})
        root = self.model.overrides.get("response_roots", {}).get(name, output.get("locationName", ""))
        errors = [self.shape_pointer(error["shape"]) + "," for error in operation.get("errors", [])]
        bits = flags(
            "O::k",
            [
                ("Deprecated", bool(operation.get("deprecated"))),
                ("Anonymous", operation.get("authtype") == "none" or "smithy.api#noAuth" in operation.get("auth", [])),
                ("Superseded", name in self.model.overrides.get("superseded", [])),
                ("Unwrapped", name in self.model.overrides.get("unwrapped", [])),
                ("ChecksumRequired", bool(operation.get("httpChecksum", {}).get("requestChecksumRequired"))),
            ],
        )
        row = (
            f"{{{quote(operation.get('name', name))},{quote(http.get('method', 'POST'))},{quote(http.get('requestUri', '/'))},"
            f"{http.get('responseCode', 200)},"
            f"{self.shape_pointer(operation['input']['shape']) if 'input' in operation else 'nullptr'},"
            f"{self.shape_pointer(output['shape']) if output else 'nullptr'},"
            f"{quote(output.get('resultWrapper', ''))},{quote(root)},{{kErrors+%d,{len(errors)}}},{bits}}},"
        )
        return row, errors


def array(kind: str, name: str, rows: list[str]) -> str:
    """An array that is never empty, since C++ has no empty arrays."""
    return f"const {kind} {name}[{max(len(rows), 1)}] = {{\n" + "\n".join(rows) + "\n};\n"


def write_tables(model: Model) -> str:
    tables = Tables(model)
    shapes = [tables.shape_row(name) for name in model.shapes]
    operations, errors = [], []
    for name in model.operations:
        row, operation_errors = tables.operation_row(name)
        operations.append(row % len(errors))
        errors += operation_errors
    namespaces = [f"{{{quote(uri)},{quote(prefix)}}}," for uri, prefix in tables.namespace_rows]
    protocols = [f"Protocol::{PROTOCOLS[protocol]}," for protocol in model.protocols]
    meta = model.metadata
    service = (
        f"extern const Service {model.identifier};\n"
        f"const Service {model.identifier} = {{{quote(model.folder)},{quote(meta['serviceId'])},"
        f"{quote(meta.get('signingName', meta['endpointPrefix']))},{quote(meta['endpointPrefix'])},"
        f"{quote(meta.get('targetPrefix', ''))},{quote(meta['apiVersion'])},"
        f"{quote(meta.get('xmlNamespace', model.overrides.get('xml_namespace', '')))},"
        f"{{kProtocols,{len(protocols)}}},{quote(meta.get('jsonVersion', ''))},"
        f"{'true' if 'awsQueryCompatible' in meta else 'false'},"
        f"{quote(model.overrides.get('validation_code', VALIDATION_CODES[model.protocols[0]]))},"
        f"{{kOperations,{len(operations)}}},{{kShapes,{len(shapes)}}}}};\n"
    )
    return (
        f"// Generated from the {model.folder} {meta['apiVersion']} model. Do not edit; see codegen/README.md.\n"
        '#include "aws/schema.h"\n\nnamespace sagebrush::aws::models {\nnamespace {\n'
        "using namespace std::string_view_literals;\nusing M = Member;\nusing S = Shape;\nusing O = Operation;\n"
        f"extern const Shape kShapes[{max(len(shapes), 1)}];\n"
        + array("XmlNamespace", "kNamespaces", namespaces)
        + array("std::string_view", "kValues", tables.enum_rows)
        + array("Member", "kMembers", tables.member_rows)
        + array("Shape", "kShapes", shapes)
        + array("Shape*", "kErrors", errors).replace("const Shape* kErrors", "const Shape* const kErrors")
        + array("Operation", "kOperations", operations)
        + array("Protocol", "kProtocols", protocols)
        + "}  // namespace\n"
        + service
        + "}  // namespace sagebrush::aws::models\n"
    )


def write_registry(models: list[Model]) -> str:
    declarations = "".join(f"extern const Service {model.identifier};\n" for model in models)
    pointers = ", ".join(f"&models::{model.identifier}" for model in models)
    accessors = "".join(
        f"const Service& {pascal(model.folder)}Model() {{ return models::{model.identifier}; }}\n" for model in models
    )
    return (
        "// Generated. Do not edit; see codegen/README.md.\n"
        '#include "aws_models/services.h"\n\nnamespace sagebrush::aws {\nnamespace models {\n'
        f"{declarations}}}  // namespace models\n\nnamespace {{\n"
        f"const Service* const kServices[] = {{{pointers}}};\n}}  // namespace\n\n"
        f"std::span<const Service* const> AllServices() {{ return kServices; }}\n{accessors}"
        "}  // namespace sagebrush::aws\n"
    )


def write_registry_header(models: list[Model]) -> str:
    return (
        "// Generated. Do not edit; see codegen/README.md.\n#pragma once\n\n"
        '#include "aws/schema.h"\n\nnamespace sagebrush::aws {\n\n'
        + "".join(f"const Service& {pascal(model.folder)}Model();\n" for model in models)
        + "\n}  // namespace sagebrush::aws\n"
    )
