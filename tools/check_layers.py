#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Refuses an #include against the arrows between modules.

    tools/check_layers.py [ROOT]      reads src/ and apps/ below ROOT; exits 1 if any is refused

The arrows are those of docs/architecture.md, one way and transitive: what a module may reach, it
may include. Besides: a module's internal/ is its own, tests alone see src/testing, one program
does not include another, and heavy libraries stay where they are named below.
"""

import pathlib
import re
import sys

# module: the modules straight below it.
ARROWS = {
    "base": (),
    "http": ("base",),
    "aws": ("http", "base"),
    "metastore": ("base",),
    "iam": ("metastore", "base"),
    "logstore": ("metastore", "base"),
    "metricstore": ("metastore", "base"),
    "objectstore": ("metastore", "base"),
    "orchestrator": ("metastore", "http", "base"),
    "serving": ("metastore", "http", "base"),
    "agent": ("aws", "http", "base"),
    "algorithms": ("base",),
    "services": ("orchestrator", "serving", "objectstore", "logstore", "metricstore", "iam", "aws"),
    "apps": ("services", "agent", "algorithms"),
    "testing": ("orchestrator", "serving", "objectstore", "logstore", "metricstore", "iam", "aws"),
}
GENERATED = {"aws_models": "aws"}  # what codegen writes belongs to this module

# library: (modules that may use it, whether headers may). Compile time is why: see docs/decisions.
HEAVY = {
    "boost/": (("http",), False),
    "simdjson.h": (("base", "serving"), False),
    "pugixml.hpp": (("aws", "agent", "services"), False),
    "re2/": (("services",), False),
    "sqlite3.h": (("metastore",), True),
    "nlohmann/": ((), False),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = (".h", ".cc")


def reachable(module: str) -> set:
    found, todo = set(), list(ARROWS[module])
    while todo:
        below = todo.pop()
        if below not in found:
            found.add(below)
            todo.extend(ARROWS[below])
    return found


def is_for_tests(file: pathlib.PurePath) -> bool:
    return file.stem.endswith(("_test", "_fuzz")) or file.stem.startswith("test_")


def refusal(file: pathlib.PurePath, quote: str, included: str) -> str:
    """Why `file` (relative to the root) may not include `included`; empty when it may."""
    module = "apps" if file.parts[0] == "apps" else file.parts[1]
    is_test = is_for_tests(file)
    if module not in ARROWS:
        return f"src/{module} is no module of the design: add it to ARROWS and to docs/architecture.md"
    for prefix, (users, in_headers) in HEAVY.items():
        if included.startswith(prefix):
            if module not in users:
                return f"{prefix} is for {', '.join(users) or 'nobody'} only"
            if file.suffix == ".h" and not in_headers and "internal" not in file.parts:
                return f"{prefix} stays out of headers"
            return ""
    parts = pathlib.PurePath(included).parts
    target = GENERATED.get(parts[0], parts[0])
    if target not in ARROWS:
        if quote == "<":
            return ""
        return "write it from src/ (\"module/file.h\"), or in <> if it is a library's"
    if target == "apps":
        if module != "apps":
            return "nothing may include apps/"
        return "" if parts[1] == file.parts[1] else "one program does not include another"
    if "internal" in parts and target != module:
        return f"{target}'s internal/ is its own"
    if (target == "testing" or is_for_tests(pathlib.PurePath(included))) and not is_test and module != "testing":
        return "only tests may include testing"
    if target == "testing":
        return ""
    if target == module or target in reachable(module):
        return ""
    return (f"{module} may include {', '.join(sorted(reachable(module))) or 'no other module'}; declare the "
            f"interface that {module} needs and let apps/ plug {target} in")


def check(root: pathlib.Path) -> list:
    problems = []
    for path in sorted(p for top in ("src", "apps") for p in (root / top).rglob("*") if p.suffix in SOURCES):
        file = path.relative_to(root)
        if file.parts[0] == "src" and len(file.parts) < 3:
            problems.append(f"{file}: every file of src/ belongs to a module's folder")
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                why = refusal(file, *found.groups())
                if why:
                    problems.append(f'{file}:{number}: includes {found.group(2)}: {why}')
    return problems


def main() -> int:
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    problems = check(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"check_layers: {len(problems)} includes against the arrows", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
