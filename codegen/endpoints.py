# SPDX-License-Identifier: Apache-2.0
"""botocore's endpoints.json as a C++ array, from which `sagebrush env --install` makes a user's own (43 KB deflated).

    endpoints.py --wheel WHEEL --out FILE.cc
"""

import argparse
import json
import pathlib
import zipfile
import zlib


def source(plain: bytes) -> str:
    deflated = zlib.compress(plain, 9)
    rows = (deflated[at:at + 24] for at in range(0, len(deflated), 24))
    array = "\n".join("    " + "".join("%d," % byte for byte in row) for row in rows)
    return (f"// Made by codegen/endpoints.py. Not edited by hand.\n"
            f"#include \"apps/sagebrush/botocore_endpoints.h\"\n\n"
            f"namespace sagebrush::apps {{\n\n"
            f"const unsigned char kDeflatedEndpoints[] = {{\n{array}\n}};\n"
            f"const std::size_t kDeflatedEndpointsSize = {len(deflated)};\n"
            f"const std::size_t kEndpointsSize = {len(plain)};\n\n"
            f"}}  // namespace sagebrush::apps\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        endpoints = json.loads(wheel.read("botocore/data/endpoints.json"))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(source(json.dumps(endpoints, separators=(",", ":")).encode()))


if __name__ == "__main__":
    main()
