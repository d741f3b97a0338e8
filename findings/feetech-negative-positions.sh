#!/usr/bin/env bash
# ftservo-python-sdk 2.0.1 (the maker's; pyserial 3.5) and rustypot 1.13.1, Python 3.11, pseudo-terminals in the place of
# servos.
#
# Feetech's STS servos tell positions below zero, as there are with an offset and beyond one turn, by a sign in bit 15 and
# the magnitude under it: -100 is 0x8064. The maker's C++ library writes and reads it so. Its Python library reads it so and
# writes two's complement, 0xFF9C, which is -32668 to the servo: eight turns instead of nine degrees. rustypot, which drives
# such arms in radians, takes positions for two's complement both ways, speeds not: a joint that passes zero jumps by eight
# turns.
#
# Output seen (position in register 56, goal in register 42):
#   the maker's: 0x8064 is read as -100; told -100, the servo gets 0xFF9C, which this library reads as -32668
#   rustypot: 0x8064 is read as -53.3 rad, right would be -3.3; told -3.3 rad, the servo gets 0xFF99
#   rustypot: a speed of 0x8064 is read as -0.15 rad/s
# Source: https://github.com/pollen-robotics/rustypot, https://github.com/huggingface/lerobot/pull/2223
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ftservo-python-sdk==2.0.1 pyserial==3.5 rustypot==1.13.1
"$folder/venv/bin/python" - <<'P'
import os
import pty
import struct
import sys
import threading
import tty

import rustypot
import scservo_sdk

READ, GOAL, POSITION, SPEED = 2, 42, 56, 58
MINUS_100 = 0x8064


class Servo:
    """A table of registers behind the protocol: FF FF, number, length, instruction, parameters, checksum."""

    def __init__(self):
        self.registers = bytearray(256)
        self.end, terminal = pty.openpty()
        tty.setraw(self.end)
        self.port = os.ttyname(terminal)
        threading.Thread(target=self.serve, daemon=True).start()

    def __getitem__(self, register):
        return struct.unpack_from("<H", self.registers, register)[0]

    def __setitem__(self, register, word):
        struct.pack_into("<H", self.registers, register, word)

    def serve(self):
        received = b""
        while True:
            received += os.read(self.end, 256)
            while len(received) >= 4 and len(received) >= 4 + received[3]:
                packet, received = received[: 4 + received[3]], received[4 + received[3] :]
                number, instruction, register, given = packet[2], packet[4], packet[5], packet[6:-1]
                values = b""
                if instruction == READ:
                    values = self.registers[register : register + given[0]]
                else:
                    self.registers[register : register + len(given)] = given
                answer = bytes([number, len(values) + 2, 0]) + values
                os.write(self.end, b"\xff\xff" + answer + bytes([~sum(answer) & 255]))


servo = Servo()
port = scservo_sdk.PortHandler(servo.port)
port.openPort()
port.isPacketTimeout = lambda: False  # an answer comes, however busy the computer is
maker = scservo_sdk.sms_sts(port)
servo[POSITION] = MINUS_100
read = maker.ReadPos(1)[0]
maker.WritePosEx(1, -100, 500, 10)
written = servo[GOAL]
servo[POSITION] = written
read_again = maker.ReadPos(1)[0]
print(
    f"the maker's: 0x{MINUS_100:04X} is read as {read}; told -100, the servo gets 0x{written:04X},",
    f"which this library reads as {read_again}",
)

servo = Servo()
controller = rustypot.Sts3215PyController(servo.port, 1_000_000, 30.0)
servo[POSITION] = servo[SPEED] = MINUS_100
[angle], [speed] = controller.read_present_position(1), controller.read_present_speed(1)
controller.write_goal_position(1, -3.3)
goal = servo[GOAL]
print(
    f"rustypot: 0x{MINUS_100:04X} is read as {angle:.1f} rad, right would be -3.3;",
    f"told -3.3 rad, the servo gets 0x{goal:04X}",
)
print(f"rustypot: a speed of 0x{MINUS_100:04X} is read as {speed:.2f} rad/s")
sys.exit(
    (read, written, read_again, round(angle, 1), goal >> 8, round(speed, 2))
    != (-100, 0xFF9C, -32668, -53.3, 0xFF, -0.15)
)
P
