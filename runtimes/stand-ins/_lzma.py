# SPDX-License-Identifier: Apache-2.0
"""Stands in for the C module that this build of CPython lacks.

pandas and tarfile import it; using it fails with an LZMAError, which tarfile takes for "not xz".
The constants are those of liblzma's header: lzma.py uses some of them as default arguments.
"""

_MESSAGE = "this Python was built without lzma; use gzip"

CHECK_NONE, CHECK_CRC32, CHECK_CRC64, CHECK_SHA256 = 0, 1, 4, 10
CHECK_ID_MAX, CHECK_UNKNOWN = 15, 16
FILTER_LZMA1, FILTER_LZMA2 = 0x4000000000000001, 0x21
FILTER_DELTA, FILTER_X86, FILTER_POWERPC, FILTER_IA64 = 3, 4, 5, 6
FILTER_ARM, FILTER_ARMTHUMB, FILTER_SPARC = 7, 8, 9
FORMAT_AUTO, FORMAT_XZ, FORMAT_ALONE, FORMAT_RAW = 0, 1, 2, 3
MF_HC3, MF_HC4, MF_BT2, MF_BT3, MF_BT4 = 3, 4, 18, 19, 20
MODE_FAST, MODE_NORMAL = 1, 2
PRESET_DEFAULT, PRESET_EXTREME = 6, 0x80000000


class LZMAError(Exception):
    pass


class LZMACompressor:
    def __init__(self, *args, **kwargs):
        raise LZMAError(_MESSAGE)


class LZMADecompressor:
    # Made before tarfile knows what the file is, so only decompress() may raise.
    check = CHECK_UNKNOWN
    eof = False
    needs_input = True
    unused_data = b""

    def __init__(self, *args, **kwargs):
        pass

    def decompress(self, data, max_length=-1):
        raise LZMAError(_MESSAGE)


def is_check_supported(check_id):
    return False


def _encode_filter_properties(filter):
    raise LZMAError(_MESSAGE)


def _decode_filter_properties(filter_id, encoded_props):
    raise LZMAError(_MESSAGE)
