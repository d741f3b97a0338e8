#!/usr/bin/env bash
# rosbags 0.11.9, beside mcap-ros2-support 0.6.0 (mcap 1.6.0), Python 3.11.
#
# In ROS 1 `byte` was another name of int8; in ROS 2 it is an octet, 0 to 255, as its interface definition has it. rosbags
# reads and writes it as signed for both. The same bytes of the same ROS 2 message are 200 in one library and -56 in the
# other, and a level above 127 cannot be written at all.
#
# Output seen (std_msgs/msg/Byte, CDR, ROS 2 Jazzy's definitions):
#   rosbags: 200 is read as -56
#   mcap-ros2-support: 200 is read as 200
#   rosbags: 200 is not written: byte format requires -128 <= number <= 127
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q rosbags==0.11.9 mcap-ros2-support==0.6.0 mcap==1.6.0
"$folder/venv/bin/python" - <<'P'
import io
import struct
import sys

from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from mcap_ros2.writer import Writer
from rosbags.typesys import Stores, get_typestore

NAME = "std_msgs/msg/Byte"
store = get_typestore(Stores.ROS2_JAZZY)

file = io.BytesIO()
writer = Writer(file)
schema = writer.register_msgdef(NAME, "byte data")
writer.write_message("/level", schema, {"data": 200})
writer.finish()
reader = make_reader(io.BytesIO(file.getvalue()), decoder_factories=[DecoderFactory()])
[(_, _, message, decoded)] = reader.iter_decoded_messages()

read = store.deserialize_cdr(message.data, NAME).data
print(f"rosbags: 200 is read as {read}")
print(f"mcap-ros2-support: 200 is read as {decoded.data}")
written = None
try:
    written = store.serialize_cdr(store.types[NAME](data=200), NAME)
except struct.error as error:
    print(f"rosbags: 200 is not written: {error}")
sys.exit((read, decoded.data, written) != (-56, 200, None))
P
