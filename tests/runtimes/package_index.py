# SPDX-License-Identifier: Apache-2.0
"""A package index on this machine with small packages made here: what a company's own index is to a job."""

import base64
import functools
import hashlib
import http.server
import io
import threading
import zipfile

# 127.0.0.1 inside an instance is the instance; this is the machine's, and reached only where the server allows it.
ADDRESS = "127.0.0.2"


def wheel(name, version, code, requires=()):
    """(file name, bytes) of a wheel with one module and one program."""
    info = "%s-%s.dist-info" % (name, version)
    metadata = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s" % (name, version, "".join("Requires-Dist: %s\n" % r for r in requires))
    files = {name + ".py": code, info + "/METADATA": metadata, info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
             info + "/entry_points.txt": "[console_scripts]\n%s-program = %s:main\n" % (name, name)}
    record = "".join("%s,sha256=%s,%d\n" % (path, base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode(), len(text.encode()))
                     for path, text in files.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in dict(files, **{info + "/RECORD": record + info + "/RECORD,,\n"}).items():
            archive.writestr(path, text)
    return "%s-%s-py3-none-any.whl" % (name, version), packed.getvalue()


class PackageIndex:
    """Serves FOLDER/simple/; tells how often packages were fetched."""

    def __init__(self, folder):
        self.folder = folder
        self.fetched = []
        index = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, format, *arguments):
                index.fetched.append(self.path)

        self.server = http.server.ThreadingHTTPServer((ADDRESS, 0), functools.partial(Handler, directory=str(folder)))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://%s:%d/simple" % self.server.server_address

    def add(self, name, version, code, requires=()):
        file, data = wheel(name, version, code, requires)
        folder = self.folder / "simple" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)

    def wheels_fetched(self):
        return [path for path in self.fetched if path.endswith(".whl")]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
