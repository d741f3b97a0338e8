#!/usr/bin/env bash
# st3215 0.4.2 (pyserial 3.5), Python 3.11, a pseudo-terminal in the place of a servo.
#
# The servo tells its current in two bytes, registers 69 and 70, in steps of 6.5 mA. ReadCurrent reads the first of them: from
# 256 steps, 1664 mA, on it begins again at 0. The servo stalls at 2.7 A; a guard that lets go at 1.5 A, or a penalty on
# the current, sees a blocked gripper at 1 A, as if it held something light. What ReadLoad and ReadSpeed read are two bytes.
#
# Output seen:
#   100 steps, 650 mA: 650.0
#   255 steps, 1658 mA: 1657.5
#   256 steps, 1664 mA: 0.0
#   415 steps, 2698 mA: 1033.5
# Source: https://github.com/Mickael-Roger/python-st3215
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q st3215==0.4.2 pyserial==3.5
"$folder/venv/bin/python" - <<'P'
import os
import pty
import struct
import sys
import threading
import tty

from st3215 import ST3215

CURRENT, STEP = 69, 6.5  # register, mA
registers = bytearray(256)
servo, terminal = pty.openpty()
tty.setraw(servo)


def serve():
    """Answers reads: FF FF, number, 4, 2, register, count, checksum."""
    received = b""
    while True:
        received += os.read(servo, 256)
        while len(received) >= 8:
            packet, received = received[:8], received[8:]
            register, count = packet[5], packet[6]
            answer = bytes([packet[2], count + 2, 0]) + registers[register : register + count]
            os.write(servo, b"\xff\xff" + answer + bytes([~sum(answer) & 255]))


threading.Thread(target=serve, daemon=True).start()
reader = ST3215(os.ttyname(terminal))
reader.portHandler.isPacketTimeout = lambda: False  # an answer comes, however busy the computer is
seen = []
for steps in (100, 255, 256, 415):
    struct.pack_into("<H", registers, CURRENT, steps)
    seen.append(reader.ReadCurrent(1))
    print(f"{steps} steps, {steps * STEP:.0f} mA: {seen[-1]}")
sys.exit(seen != [650.0, 1657.5, 0.0, 1033.5])
P
