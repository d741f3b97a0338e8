#!/usr/bin/env bash
# PyPI's mcap 1.6.0 (zstandard 0.25.0, lz4 4.4.5), Python 3.11.
#
# A summary need not repeat channels and schemas, which stand in the chunks. The package's Writer offers that
# (repeat_channels=False, repeat_schemas=False); its own seeking reader then knows no channel when it comes to the first
# message, and ends with KeyError. Without chunk indexes the same file is read whole.
#
# Output seen:
#   all repeated: 50 messages
#   channels not repeated: KeyError
#   schemas not repeated: KeyError
#   neither, and no indexes: 50 messages
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q mcap==1.6.0 zstandard==0.25.0 lz4==4.4.5
"$folder/venv/bin/python" - <<'P'
import io, sys
from mcap.reader import make_reader
from mcap.writer import IndexType, Writer


def outcome(**options):
    stream = io.BytesIO()
    writer = Writer(stream, chunk_size=200, **options)
    writer.start()
    schema = writer.register_schema("number", "jsonschema", b"{}")
    channel = writer.register_channel("/numbers", "json", schema)
    for index in range(50):
        writer.add_message(channel, log_time=index, publish_time=index, data=b'{"number": 1}')
    writer.finish()
    try:
        return f"{sum(1 for _ in make_reader(io.BytesIO(stream.getvalue())).iter_messages())} messages"
    except KeyError:
        return "KeyError"


outcomes = [
    ("all repeated", outcome()),
    ("channels not repeated", outcome(repeat_channels=False)),
    ("schemas not repeated", outcome(repeat_schemas=False)),
    ("neither, and no indexes",
     outcome(repeat_channels=False, repeat_schemas=False, index_types=IndexType.NONE)),
]
for what, came in outcomes:
    print(f"{what}: {came}")
sys.exit([came for _, came in outcomes] != ["50 messages", "KeyError", "KeyError", "50 messages"])
P
