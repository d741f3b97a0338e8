#!/usr/bin/env bash
# PyPI's mcap 1.6.0 (zstandard 0.25.0, lz4 4.4.5), Python 3.11.
#
# The specification lets a later version add fields at the end of a record, and has readers ignore them. Outside of chunks
# the package's reader does. Within a chunk it takes the next record to begin behind the fields that it knows: where a
# Channel has four bytes more, it gives none of the twelve messages behind it, and raises nothing, checksums verified.
# So: count what was read, and do not take an iteration that ends for a whole file.
#
# Output seen:
#   outside of chunks, 0 bytes more: 12 of 12 messages
#   outside of chunks, 4 bytes more: 12 of 12 messages
#   in a chunk, 0 bytes more: 12 of 12 messages
#   in a chunk, 4 bytes more: 0 of 12 messages
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q mcap==1.6.0 zstandard==0.25.0 lz4==4.4.5
"$folder/venv/bin/python" - <<'P'
import io, struct, sys, zlib
from mcap.reader import make_reader

MAGIC = b"\x89MCAP0\r\n"


def text(value):
    return struct.pack("<I", len(value)) + value.encode()


def record(opcode, body):
    return struct.pack("<BQ", opcode, len(body)) + body


def log(extra, in_chunk):
    """A log of 12 messages; the record Channel has `extra` bytes at its end, as a later version may have."""
    schema = record(3, struct.pack("<H", 1) + text("number") + text("jsonschema") + struct.pack("<I", 2) + b"{}")
    channel = record(4, struct.pack("<HH", 1, 1) + text("/numbers") + text("json") + struct.pack("<I", 0) + extra)
    messages = b"".join(record(5, struct.pack("<HIQQ", 1, n, n, n) + b"{}") for n in range(12))
    records = schema + channel + messages
    if in_chunk:
        fields = struct.pack("<QQQI", 0, 11, len(records), zlib.crc32(records)) + text("")
        records = record(6, fields + struct.pack("<Q", len(records)) + records)
    end = record(15, struct.pack("<I", 0)) + record(2, struct.pack("<QQI", 0, 0, 0)) + MAGIC
    return MAGIC + record(1, text("") + text("by hand")) + records + end


counts = []
for in_chunk in (False, True):
    for extra in (b"", b"\1\2\3\4"):
        reader = make_reader(io.BytesIO(log(extra, in_chunk)), validate_crcs=True)
        counts.append(sum(1 for _ in reader.iter_messages()))
        place = "in a chunk" if in_chunk else "outside of chunks"
        print(f"{place}, {len(extra)} bytes more: {counts[-1]} of 12 messages")
sys.exit(counts != [12, 12, 12, 0])
P
