#!/usr/bin/env bash
# rosbags-image 0.10.4 (rosbags 0.11.9, OpenCV 5.0.0.93 headless, NumPy 2.4.6), Python 3.11.
#
# sensor_msgs/Image has a field for the length of a row in bytes, step, since drivers pad rows to what their hardware
# likes. The conversion to OpenCV never reads it: it takes the rows as lying one behind another, so that each begins too
# early, with padding in the middle of the picture and the last rows lost; nothing is raised. And a CompressedImage that
# holds a 16-bit PNG, the usual form of a depth image, comes back as 8 bits: the number divided by 256.
#
# Output seen:
#   row 0: [1, 1, 1, 1, 1, 1]
#   row 1: [0, 0, 2, 2, 2, 2]
#   row 2: [2, 2, 0, 0, 3, 3]
#   row 3: [3, 3, 3, 3, 0, 0]
#   a depth of 2000 mm: uint8 7
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q rosbags-image==0.10.4 rosbags==0.11.9 opencv-python-headless==5.0.0.93 numpy==2.4.6
"$folder/venv/bin/python" - <<'P'
import sys
import cv2, numpy
from rosbags.image import message_to_cvimage
from rosbags.typesys import Stores, get_typestore

types = get_typestore(Stores.ROS2_HUMBLE).types
stamp = types["builtin_interfaces/msg/Time"](sec=0, nanosec=0)
header = types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera")

WIDTH, HEIGHT, STEP = 6, 4, 8
rows = numpy.zeros((HEIGHT, STEP), numpy.uint8)  # the last two bytes of a row are padding
rows[:, :WIDTH] = numpy.arange(1, HEIGHT + 1)[:, None]
message = types["sensor_msgs/msg/Image"](
    header=header, height=HEIGHT, width=WIDTH, encoding="mono8", is_bigendian=0, step=STEP, data=rows.ravel()
)
seen = message_to_cvimage(message).tolist()
for index, row in enumerate(seen):
    print(f"row {index}: {row}")

png = cv2.imencode(".png", numpy.full((2, 2), 2000, numpy.uint16))[1].ravel()
compressed = types["sensor_msgs/msg/CompressedImage"](header=header, format="16UC1; png compressed ", data=png)
depth = message_to_cvimage(compressed)
print(f"a depth of 2000 mm: {depth.dtype} {depth[0, 0]}")
sys.exit(
    seen != [[1] * 6, [0, 0, 2, 2, 2, 2], [2, 2, 0, 0, 3, 3], [3, 3, 3, 3, 0, 0]]
    or (str(depth.dtype), int(depth[0, 0])) != ("uint8", 7)
)
P
