#!/usr/bin/env bash
# dynamixel-sdk 4.1.0, beside rustypot 1.13.1 (pyserial 3.5), Python 3.11, a pseudo-terminal in the place of servos.
#
# Protocol 2.0 marks its packets with FF FF FD, and has a sender put another FD behind these bytes in the data, which the
# receiver takes out. The SDK has addStuffing() for it, which is right and returns the longer packet; txPacket() calls it
# and drops what it returns. So packets go out unstuffed, against the protocol, with a right checksum; and a servo that keeps to
# the protocol takes FF FF FD FD for three bytes, and moves all behind them by one. What the SDK receives it does unstuff. The
# bytes are no rarity where motors rest: a current of -1, FF FF, with a velocity of -3 or -515 behind it, FD.
#
# Output seen (goal current and goal velocity of servo 1, registers 102 to 107):
#   -1 and -3: the SDK sends FF FF FD FF FF FF, rustypot FF FF FD FD FF FF FF
#   -1 and -515: the SDK sends FF FF FD FD FF FF, rustypot FF FF FD FD FD FF FF
# Source: https://emanual.robotis.com/docs/en/dxl/protocol2/ (byte stuffing),
# https://github.com/pollen-robotics/rustypot/pull/121 (how often it comes up)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q dynamixel-sdk==4.1.0 rustypot==1.13.1 pyserial==3.5
"$folder/venv/bin/python" - <<'P'
import os
import pty
import select
import struct
import sys
import tty

import dynamixel_sdk
import rustypot

GOAL_CURRENT, WRITE = 102, 3
servos, terminal = pty.openpty()
tty.setraw(servos)


def data_sent():
    """What is between register and checksum: FF FF FD 00, number, length, WRITE, register, data, checksum."""
    received = b""
    while select.select([servos], [], [], 0.5)[0]:
        received += os.read(servos, 256)
    assert received[:5] == b"\xff\xff\xfd\x00\x01" and received[7:10] == struct.pack("<BH", WRITE, GOAL_CURRENT)
    assert len(received) == 7 + struct.unpack_from("<H", received, 5)[0]
    return received[10:-2].hex(" ").upper()


def by_sdk(data):
    port = dynamixel_sdk.PortHandler(os.ttyname(terminal))
    port.openPort()
    dynamixel_sdk.PacketHandler(2.0).writeTxOnly(port, 1, GOAL_CURRENT, len(data), list(data))
    port.closePort()
    return data_sent()


def by_rustypot(data):
    try:
        rustypot.Xl330PyController(os.ttyname(terminal), 57600, 0.2).write_raw_data(1, GOAL_CURRENT, list(data))
    except RuntimeError:
        pass  # nobody answers
    return data_sent()


sent = []
for current, velocity in ((-1, -3), (-1, -515)):
    data = struct.pack("<hi", current, velocity)
    sent += [by_sdk(data), by_rustypot(data)]
    print(f"{current} and {velocity}: the SDK sends {sent[-2]}, rustypot {sent[-1]}")
sys.exit(
    sent != ["FF FF FD FF FF FF", "FF FF FD FD FF FF FF", "FF FF FD FD FF FF", "FF FF FD FD FD FF FF"]
)
P
