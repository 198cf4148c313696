# SPDX-License-Identifier: Apache-2.0
"""Runs a notebook without a browser, in its own folder: execute_notebook.py KERNEL FILE.ipynb

Shows each cell as it begins and what it prints as it comes, and leaves FILE.out.ipynb with all
outputs, also when a cell fails; then the exit code is 1. Needs nbclient; tools/notebook starts it.
"""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError


class Shown(NotebookClient):
    """A client that prints streams while the cell still runs."""

    def process_message(self, msg, cell, cell_index):
        kind, content = msg["msg_type"], msg["content"]
        if kind == "stream" and content["name"] == "stdout":
            print(content["text"], end="", flush=True)
        elif kind == "execute_result" and "text/plain" in content["data"]:
            print(content["data"]["text/plain"], flush=True)
        return super().process_message(msg, cell, cell_index)


def begin(cells: int):
    def show(cell, cell_index):
        if cell.cell_type == "code" and cell.source.strip():
            print(f"== cell {cell_index + 1}/{cells}: {cell.source.strip().splitlines()[0][:80]}", flush=True)
    return show


def main() -> int:
    kernel, path = sys.argv[1], pathlib.Path(sys.argv[2])
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises whatever its JSON parser and validator do
        print(f"sagebrush: {path} cannot be read as a notebook: {error}", file=sys.stderr)
        return 1
    out = path.with_suffix(".out.ipynb")
    client = Shown(notebook, kernel_name=kernel, timeout=None, on_cell_start=begin(len(notebook.cells)),
                   resources={"metadata": {"path": str(path.parent)}})
    code = 0
    try:
        client.execute()
    except (CellExecutionError, DeadKernelError) as error:
        print(f"\n{error}\nsagebrush: the notebook failed; what it did is in {out}", file=sys.stderr)
        code = 1
    finally:
        nbformat.write(notebook, out)
    print(f"== {out}")
    return code


if __name__ == "__main__":
    sys.exit(main())
