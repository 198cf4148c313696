# SPDX-License-Identifier: Apache-2.0
"""Stands in for the C module that this build of CPython lacks.

pandas and tarfile import it; using it fails with an OSError, which tarfile takes for "not bzip2".
"""

_MESSAGE = "this Python was built without bz2; use gzip"


class BZ2Compressor:
    def __init__(self, *args, **kwargs):
        raise OSError(_MESSAGE)


class BZ2Decompressor:
    # Made before tarfile knows what the file is, so only decompress() may raise.
    eof = False
    needs_input = True
    unused_data = b""

    def decompress(self, data, max_length=-1):
        raise OSError(_MESSAGE)
