#!/usr/bin/env bash
# pycreate2 0.8.0 (pyserial 3.5), Python 3.11.
#
# The Open Interface's packet 7 has the right bumper in bit 0, the left in bit 1, the right wheel drop in bit 2, the
# left in bit 3. pycreate2 reads the bits rightly and puts them into a tuple whose names stand in the other order: a bump
# on the right is told as bump_left. Packets 43 and 44, the encoders, are signed 16-bit numbers by the document; it reads
# them unsigned, so that a wheel which turns one count back from 0 stands at 65535.
#
# Output seen:
#   right bumper pressed: bump_left=True bump_right=False
#   right wheel dropped: wheeldrop_left=True wheeldrop_right=False
#   left encoder at -1: 65535
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pycreate2==0.8.0 pyserial==3.5
"$folder/venv/bin/python" - <<'P'
import struct, sys
from pycreate2.packets import SensorPacketDecoder

RIGHT_BUMPER, RIGHT_WHEEL_DROP = 1 << 0, 1 << 2


def sensors(bumps=0, left_encoder=0):
    """Group packet 100, 80 bytes; packet 7 is its first byte, packet 43 lies at 52."""
    group = bytearray(80)
    group[0] = bumps
    group[52:54] = struct.pack(">h", left_encoder)
    return SensorPacketDecoder(bytes(group))


bumped = sensors(bumps=RIGHT_BUMPER).bumps_wheeldrops
dropped = sensors(bumps=RIGHT_WHEEL_DROP).bumps_wheeldrops
count = sensors(left_encoder=-1).encoder_counts_left
print(f"right bumper pressed: bump_left={bumped.bump_left} bump_right={bumped.bump_right}")
print(f"right wheel dropped: wheeldrop_left={dropped.wheeldrop_left} wheeldrop_right={dropped.wheeldrop_right}")
print(f"left encoder at -1: {count}")
sys.exit(
    (bumped.bump_left, bumped.bump_right, dropped.wheeldrop_left, dropped.wheeldrop_right, count)
    != (True, False, True, False, 65535)
)
P
