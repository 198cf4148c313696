# SPDX-License-Identifier: Apache-2.0
"""Writes plain structs for the operations that have handlers, one header a family (a noun: TrainingJob, Endpoint).

Rules (style, 2.5): required members are plain values, the others std::optional; structs are aggregates with a
defaulted operator==; a shape that two families of a service use is written once, into shared.h; enums of at most
64 values become enum classes, except instance types; timestamps are seconds since 1970 as double.
"""

from __future__ import annotations

from model import Member, Model, ModelError
from names import constants, snake

MAX_ENUM_VALUES = 64
SCALARS = {
    "string": "std::string",
    "character": "std::string",
    "blob": "std::string",
    "boolean": "bool",
    "integer": "std::int32_t",
    "short": "std::int32_t",
    "byte": "std::int32_t",
    "long": "std::int64_t",
    "float": "double",
    "double": "double",
    "timestamp": "double",
}
TOP = "// Generated from the {folder} {version} model. Do not edit; see codegen/README.md.\n"


class Families:
    """Which shapes of one service are typed, and which header each lives in."""

    def __init__(self, model: Model, families: dict[str, list[str]]):
        self.model = model
        self.families = families
        closures = {family: self.closure(operations) for family, operations in families.items()}
        self.home: dict[str, str] = {}
        for name in model.shapes:
            users = [family for family, closure in closures.items() if name in closure]
            if users and self.is_typed(name):
                self.home[name] = users[0] if len(users) == 1 else "shared"

    def closure(self, operations: list[str]) -> set[str]:
        todo, seen = [], set()
        for operation in operations:
            if operation not in self.model.operations:
                raise ModelError(f"families.json names {operation}, which {self.model.folder} does not have")
            todo += [
                self.model.operations[operation][side]["shape"]
                for side in ("input", "output")
                if side in self.model.operations[operation]
            ]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += [member.shape_name for member in self.model.members(name)]
        return seen

    def is_enum(self, name: str) -> bool:
        shape = self.model.shapes[name]
        values = shape.get("enum", [])
        return (
            shape["type"] == "string"
            and 0 < len(values) <= MAX_ENUM_VALUES
            and not name.endswith("InstanceType")
        )

    def is_typed(self, name: str) -> bool:
        return self.model.shapes[name]["type"] == "structure" or self.is_enum(name)

    def type_of(self, name: str) -> str:
        shape = self.model.shapes[name]
        if self.is_typed(name):
            return name
        if shape["type"] == "list":
            return f"std::vector<{self.type_of(shape['member']['shape'])}>"
        if shape["type"] == "map":
            return f"std::map<std::string, {self.type_of(shape['value']['shape'])}>"
        return SCALARS[shape["type"]]

    def field(self, member: Member) -> str:
        kind = self.type_of(member.shape_name)
        if not member.required:
            return f"  std::optional<{kind}> {snake(member.name)};"
        initial = "{}" if kind in SCALARS.values() and kind != "std::string" or self.is_enum(member.shape_name) else ""
        return f"  {kind} {snake(member.name)}{initial};"

    def in_order(self, family: str) -> list[str]:
        """The family's shapes, each after those it holds; of a cycle (always through a list) one comes first."""
        done: list[str] = []
        active: set[str] = set()

        def visit(name: str) -> None:
            if name in active:
                return
            active.add(name)
            for member in self.model.members(name):
                visit(member.shape_name)
            if self.home.get(name) == family:
                done.append(name)

        for name in self.home:
            visit(name)
        return done

    def has_shared(self) -> bool:
        return "shared" in self.home.values()

    def headers(self) -> list[str]:
        return (["shared"] if self.has_shared() else []) + list(self.families)


def write_enum(families: Families, name: str) -> str:
    names = constants(families.model.shapes[name]["enum"])
    return (
        f"enum class {name} {{\n"
        + "".join(f"  {constant},\n" for constant in names.values())
        + f"}};\nstd::string_view ToString({name} value);\n"
        f"bool Parse(std::string_view text, {name}* out);  // false: no such value\n"
    )


def write_struct(families: Families, name: str) -> str:
    members = [member for member in families.model.members(name) if not member.streaming]
    return (
        f"struct {name} {{\n"
        + "".join(families.field(member) + "\n" for member in members)
        + f"  bool operator==(const {name}&) const = default;\n}};\n"
        f"void FromJson(const Json& json, {name}* out, aws::Binding* binding);\nJson ToJson(const {name}& value);\n"
    )


def top(families: Families) -> str:
    return TOP.format(folder=families.model.folder, version=families.model.metadata["apiVersion"])


def write_header(families: Families, family: str) -> str:
    identifier = families.model.identifier
    shared = f'#include "aws_models/{identifier}/shared.h"\n' if family != "shared" and families.has_shared() else ""
    parts = [
        write_enum(families, name) if families.is_enum(name) else write_struct(families, name)
        for name in families.in_order(family)
    ]
    return (
        top(families)
        + "#pragma once\n\n#include <cstdint>\n#include <map>\n#include <optional>\n#include <string>\n"
        + "#include <string_view>\n#include <vector>\n\n"
        + f'#include "aws/bind.h"\n{shared}\nnamespace sagebrush::api::{identifier} {{\n\n'
        + "\n".join(parts)
        + f"\n}}  // namespace sagebrush::api::{identifier}\n"
    )


def write_enum_source(families: Families, name: str) -> str:
    values = families.model.shapes[name]["enum"]
    rows = ", ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return (
        f"namespace {{\nconstexpr std::string_view k{name}Values[] = {{{rows}}};\n}}  // namespace\n"
        f"std::string_view ToString({name} value) {{ return k{name}Values[static_cast<std::size_t>(value)]; }}\n"
        f"bool Parse(std::string_view text, {name}* out) {{\n"
        f"  const int index = aws::IndexOf(k{name}Values, text);\n"
        f"  if (index >= 0) *out = static_cast<{name}>(index);\n  return index >= 0;\n}}\n"
    )


def write_struct_source(families: Families, name: str) -> str:
    members = [member for member in families.model.members(name) if not member.streaming]
    reads = "".join(
        f'  aws::Read(json, "{member.name}", &out->{snake(member.name)}, binding);\n' for member in members
    )
    writes = "".join(f'  aws::Write("{member.name}", value.{snake(member.name)}, &json);\n' for member in members)
    if not members:
        return (
            f"void FromJson(const Json&, {name}*, aws::Binding*) {{}}\n"
            f"Json ToJson(const {name}&) {{ return Json::Object(); }}\n"
        )
    return (
        f"void FromJson(const Json& json, {name}* out, aws::Binding* binding) {{\n{reads}}}\n"
        f"Json ToJson(const {name}& value) {{\n  Json json = Json::Object();\n{writes}  return json;\n}}\n"
    )


def write_source(families: Families, family: str) -> str:
    identifier = families.model.identifier
    parts = [
        write_enum_source(families, name) if families.is_enum(name) else write_struct_source(families, name)
        for name in families.in_order(family)
    ]
    return (
        top(families)
        + f'#include "aws_models/{identifier}/{family}.h"\n\nnamespace sagebrush::api::{identifier} {{\n\n'
        + "\n".join(parts)
        + f"\n}}  // namespace sagebrush::api::{identifier}\n"
    )
