# SPDX-License-Identifier: Apache-2.0
"""Lawful values for the members of an operation, from botocore's own model, and paths to them. A path is
"ProductionVariants[].VariantName": lists have one element. Runs on the client's Python."""

import datetime
import re
import re._parser as regex

WHEN = datetime.datetime(2026, 3, 1, 12, 0, tzinfo=datetime.timezone.utc)


def text_for(pattern, at_least=1, at_most=64):
    """A text that the pattern matches, of at least so many characters where the pattern allows it."""
    pattern = re.sub(r"\\[pP]\{\w+\}", "a", pattern)  # \p{L}, which Python's own has not
    for times in (1, 2, 4, 16, 64, 256):
        text = "".join(piece(token, times) for token in regex.parse(pattern))
        if len(text) >= at_least:
            return text[:at_most]
    return text


def piece(token, times):
    kind, value = token
    name = str(kind)
    if name == "LITERAL":
        return chr(value)
    if name == "NOT_LITERAL":
        return "a" if value != ord("a") else "b"
    if name == "ANY":
        return "a"
    if name == "IN":
        return of_class(value)
    if name == "BRANCH":
        return "".join(piece(inner, times) for inner in value[1][0])
    if name == "SUBPATTERN":
        return "".join(piece(inner, times) for inner in value[3])
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        low, high, inner = value
        count = min(max(low, times if high != low else low), int(high))
        return "".join(piece(part, times) for part in inner) * count
    return ""  # anchors and looks ahead take no characters


def of_class(items):
    """A character of [...]: a letter where it has one."""
    if any(str(value) == "CATEGORY_DIGIT" for _, value in items):
        return "1"
    if str(items[0][0]) == "NEGATE":
        return "a"
    letters = [chr(code) for kind, value in items if str(kind) == "RANGE" for code in range(value[0], min(value[1], value[0] + 26) + 1)]
    letters += [chr(value) for kind, value in items if str(kind) == "LITERAL"]
    letters += ["a" for kind, _ in items if str(kind) == "CATEGORY"]
    return next((letter for letter in letters if letter.isalpha()), letters[0])


class Maker:
    """Values by the model; `given` has (the end of a path, values to try) where the model alone does not tell what is lawful."""

    def __init__(self, given):
        self.given = given

    def values(self, shape, path):
        """What may be tried at the path, the most telling first."""
        for end, values in self.given:
            if path == end or path.endswith("." + end):
                return values
        facts, kind = shape.metadata, shape.type_name
        if kind == "string":
            if facts.get("enum"):
                return list(reversed(facts["enum"]))
            return [text_for(facts.get("pattern", "a+"), facts.get("min", 1), facts.get("max", 64))]
        if kind in ("integer", "long"):
            return [min(facts.get("min", 1) + 1, facts.get("max", 1000))]
        if kind in ("float", "double"):
            return [facts.get("min", 0) + 0.5]
        if kind == "boolean":
            return [True, False]
        if kind == "timestamp":
            return [WHEN]
        if kind == "blob":
            return [b"some bytes"]
        if kind == "map":
            key = self.values(shape.key, path + ".key")[0]
            return [{key: self.value(shape.value, path + ".value")}]
        if kind == "list":
            return [[self.value(shape.member, path + "[]")] * max(1, facts.get("min", 1))]
        return [self.required(shape, path)]

    def value(self, shape, path):
        return self.values(shape, path)[0]

    def required(self, shape, path=""):
        """A structure with what it must have."""
        return {name: self.value(shape.members[name], join(path, name)) for name in shape.required_members}

    def put(self, request, shape, path, value):
        """A copy of the request with the value at the path, and what structures on the way must have."""
        return self._put(request, shape, path.split("."), "", value)

    def _put(self, request, shape, words, way, value):
        word, rest = words[0], words[1:]
        name = word.removesuffix("[]")
        member, here = shape.members[name], join(way, name)
        copied = dict(request)
        if not rest:
            copied[name] = [value] if word.endswith("[]") else value
        elif word.endswith("[]"):
            elements = list(request.get(name) or self.value(member, here) or [{}])
            elements[0] = self._put(elements[0], member.member, rest, here + "[]", value)
            copied[name] = elements
        else:
            copied[name] = self._put(request.get(name) or self.required(member, here), member, rest, here, value)
        return copied


def join(way, name):
    return way + "." + name if way else name


def paths(shape, way="", above=()):
    """(path, shape) of every member without members of its own."""
    for name, member in shape.members.items():
        here = join(way, name)
        while member.type_name == "list":
            here, member = here + "[]", member.member
        if member.type_name != "structure":
            yield here, member
        elif member.name not in above:
            yield from paths(member, here, above + (member.name,))


def all_at(value, path):
    """Everything that is at the path: of lists each element's."""
    values = [value]
    for word in path.split("."):
        values = [value[word.removesuffix("[]")] for value in values if isinstance(value, dict) and word.removesuffix("[]") in value]
        if word.endswith("[]"):
            values = [element for elements in values for element in elements]
    return values
