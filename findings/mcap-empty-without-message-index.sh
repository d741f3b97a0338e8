#!/usr/bin/env bash
# PyPI's mcap 1.3.1 (zstandard 0.25.0, lz4 4.4.5), Python 3.11.
#
# The specification lets a chunk index name no message indexes ("an empty map indicates no message indexing is
# available") and lets the summary repeat no channels. The package's Writer offers both as options. Its reader then
#   * gives none of 50 messages of a file with chunk indexes and no message indexes, and raises nothing, although the
#     statistics that it reads say 50: it reads only chunks whose index names a wanted channel;
#   * raises KeyError for a file whose summary has chunk indexes but repeats no channels, or no schemas.
# A file without any summary index is read whole. So: count what was read against the statistics.
#
# Output seen:
#   chunk indexes alone: 0 read, 50 by the statistics
#   no indexes at all: 50 read
#   channels not repeated: KeyError
#   schemas not repeated: KeyError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q mcap==1.3.1 zstandard==0.25.0 lz4==4.4.5
"$folder/venv/bin/python" - <<'P'
import io, sys
from mcap.reader import make_reader
from mcap.writer import IndexType, Writer


def reader(**options):
    stream = io.BytesIO()
    writer = Writer(stream, chunk_size=200, **options)
    writer.start()
    schema = writer.register_schema("number", "jsonschema", b"{}")
    channel = writer.register_channel("/numbers", "json", schema)
    for index in range(50):
        writer.add_message(channel, log_time=index, publish_time=index, data=b'{"number": 1}')
    writer.finish()
    return make_reader(io.BytesIO(stream.getvalue()), validate_crcs=True)


def outcome(**options):
    try:
        return sum(1 for _ in reader(**options).iter_messages())
    except KeyError:
        return "KeyError"


chunks_alone = outcome(index_types=IndexType.CHUNK)
said = reader(index_types=IndexType.CHUNK).get_summary().statistics.message_count
none = outcome(index_types=IndexType.NONE)
channels, schemas = outcome(repeat_channels=False), outcome(repeat_schemas=False)
print(f"chunk indexes alone: {chunks_alone} read, {said} by the statistics")
print(f"no indexes at all: {none} read")
print(f"channels not repeated: {channels}")
print(f"schemas not repeated: {schemas}")
sys.exit((chunks_alone, said, none, channels, schemas) != (0, 50, 50, "KeyError", "KeyError"))
P
