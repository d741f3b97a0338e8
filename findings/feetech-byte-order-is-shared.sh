#!/usr/bin/env bash
# feetech-servo-sdk 1.0.0, the module scservo_sdk (pyserial 3.5), Python 3.11, pseudo-terminals in the place of servos.
#
# Feetech's STS servos take numbers with the low byte first, its SCS servos with the high byte first; PacketHandler(0) and
# PacketHandler(1) are made for one and the other. The choice is kept in the module, not in the handler: the last one made
# decides for all. An arm of STS servos whose gripper, on another port, is an SCS servo is told 2048 as 8; and 8 is
# read where 2048 was measured. Nothing is raised, the checksums are right.
#
# Output seen (the goal position of servo 1, register 42):
#   an STS servo is sent 2048: 0 8
#   after PacketHandler(1) for another port: 8 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q feetech-servo-sdk==1.0.0 pyserial==3.5
"$folder/venv/bin/python" - <<'P'
import os, pty, select, sys, tty
import scservo_sdk

LOW_BYTE_FIRST, HIGH_BYTE_FIRST = 0, 1  # STS, SCS
servos, terminal = pty.openpty()
tty.setraw(servos)


def position_sent(handler, port):
    """The two bytes of the position as they are on the wire: FF FF, number, length, WRITE, register, position, checksum."""
    handler.write2ByteTxOnly(port, 1, 42, 2048)
    received = b""
    while len(received) < 9 and select.select([servos], [], [], 2)[0]:
        received += os.read(servos, 64)
    return list(received[6:8])


port = scservo_sdk.PortHandler(os.ttyname(terminal))
port.openPort()
arm = scservo_sdk.PacketHandler(LOW_BYTE_FIRST)
before = position_sent(arm, port)
print("an STS servo is sent 2048:", *before)
gripper = scservo_sdk.PacketHandler(HIGH_BYTE_FIRST)
after = position_sent(arm, port)
print("after PacketHandler(1) for another port:", *after)
sys.exit((before, after) != ([0, 8], [8, 0]))
P
