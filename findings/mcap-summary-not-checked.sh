#!/usr/bin/env bash
# PyPI's mcap 1.6.0 (zstandard 0.25.0, lz4 4.4.5), Python 3.11.
#
# The footer of an MCAP file holds a checksum of the summary. The package's Writer writes it; its seeking reader, asked
# with validate_crcs=True, checks chunks but never the summary. A changed digit in the statistics is believed, and so is
# a changed time in a chunk's index. So: "validated" says nothing of counts, times and topics, which come from the summary.
#
# Output seen:
#   as written: 50 messages by the statistics, summary checksum right
#   one bit changed in the count: 51 messages by the statistics, summary checksum wrong, no error
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q mcap==1.6.0 zstandard==0.25.0 lz4==4.4.5
"$folder/venv/bin/python" - <<'P'
import io, struct, sys, zlib
from mcap.reader import make_reader
from mcap.writer import Writer

stream = io.BytesIO()
writer = Writer(stream)
writer.start()
channel = writer.register_channel("/numbers", "json", 0)
for index in range(50):
    writer.add_message(channel, log_time=index, publish_time=index, data=b"{}")
writer.finish()
log = bytearray(stream.getvalue())
summary, _, written = struct.unpack("<QQI", log[-28:-8])


def describe(what):
    count = make_reader(io.BytesIO(log), validate_crcs=True).get_summary().statistics.message_count
    read = sum(1 for _ in make_reader(io.BytesIO(log), validate_crcs=True).iter_messages())
    is_right = zlib.crc32(log[summary:-12]) == written
    print(f"{what}: {count} messages by the statistics, {read} read, summary checksum {'right' if is_right else 'wrong'}")
    return count, read, is_right


before = describe("as written")
at = summary
while log[at] != 0x0B:  # the record Statistics, whose first field is the number of messages
    at += 9 + struct.unpack("<Q", log[at + 1 : at + 9])[0]
log[at + 9] ^= 1
after = describe("one bit changed in the count")
sys.exit((before, after) != ((50, 50, True), (51, 50, False)))
P
