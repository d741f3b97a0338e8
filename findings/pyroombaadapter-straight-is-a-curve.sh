#!/usr/bin/env bash
# PyRoombaAdapter 0.3.0 (pyserial 3.5), Python 3.11, a pseudo-terminal in the place of the robot.
#
# move(velocity, yaw_rate) is documented with "move(0.1, 0.0) # move straight". The Open Interface goes straight by the
# radius 0x8000 or 0x7FFF; the adapter sends 2000, the widest circle there is: after a metre the robot points 29 degrees
# to the left. And since every radius is clamped to 2000 mm, a wide curve turns faster than asked: 0.2 m/s at 0.01 rad/s
# has a radius of 20 m and becomes 2 m, ten times the rate.
#
# Output seen (Drive: opcode 137, velocity in mm/s, radius in mm):
#   move(0.2, 0.0): 137 200 2000
#   move(0.2, 0.01): 137 200 2000
#   move(0.2, -0.01): 137 200 -2000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pyroombaadapter==0.3.0 pyserial==3.5
"$folder/venv/bin/python" - <<'P'
import os, pty, select, struct, sys, tty
from pyroombaadapter import PyRoombaAdapter

robot, port = pty.openpty()
tty.setraw(robot)


def received():
    data = b""
    while select.select([robot], [], [], 0.3)[0]:
        data += os.read(robot, 4096)
    return data


adapter = PyRoombaAdapter(os.ttyname(port))
received()
commands = []
for yaw_rate in (0.0, 0.01, -0.01):
    adapter.move(0.2, yaw_rate)
    opcode, velocity, radius = struct.unpack(">Bhh", received())
    print(f"move(0.2, {yaw_rate}): {opcode} {velocity} {radius}")
    commands.append((opcode, velocity, radius))
sys.exit(commands != [(137, 200, 2000), (137, 200, 2000), (137, 200, -2000)])
P
