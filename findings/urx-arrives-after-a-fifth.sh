#!/usr/bin/env bash
# urx 0.11.0 (math3d 4.0.0, NumPy 2.4.6), Python 3.11, a controller's secondary interface in software in the place of the arm.
#
# movej(..., wait=True), and movel and the rest, wait until no program runs and the arm is near its target, and raise where it
# is not. Near is 80 % of the distance that there was at the start: an arm that was stopped after a fifth of its way, from
# the pendant or by another client, has arrived, says urx, and the next movement starts. Only threshold=, which has to be
# given with every call, makes it look.
#
# Output seen:
#   asked for 1 rad, stopped at 0.15 rad: RobotException
#   asked for 1 rad, stopped at 0.25 rad: arrived at 0.25
#   asked for 1 rad within 0.01, stopped at 0.25 rad: RobotException
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q urx==0.11.0 math3d==4.0.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'P'
import logging, socket, struct, sys, threading
from urx.urrobot import RobotException, URRobot

logging.disable()
HOST = "127.0.0.21"  # urx always takes port 30002


def packet(kind, body):
    return struct.pack("!iB", len(body) + 5, kind) + body


class Arm:
    """Six joints at 0; a movement takes the first to where it is stopped, and ends with that."""

    def __init__(self, stops_at):
        self.listener = socket.create_server((HOST, 30002))
        self.stops_at, self.angle, self.messages_of_program = stops_at, 0.0, 0
        threading.Thread(target=self.serve, daemon=True).start()

    def state(self):
        """The state message of controllers 3.0 and 3.1: mode 7, RUNNING, nothing stopped for safety."""
        flags = (True, True, True, False, False, self.messages_of_program > 0, False)
        mode = packet(0, struct.pack("!Q7?BBdd", 0, *flags, 7, 0, 1, 1))
        joints = b"".join(struct.pack("!3d4fB", q, q, 0, 0, 48, 25, 25, 253) for q in (self.angle, 0, 0, 0, 0, 0))
        return packet(16, mode + packet(1, joints) + packet(4, struct.pack("!6d", 0, 0, 0, 0, 0, 0)))

    def serve(self):
        connection, _ = self.listener.accept()
        connection.settimeout(0.02)
        try:
            while True:
                connection.sendall(self.state())
                if self.messages_of_program:
                    self.messages_of_program -= 1
                    if self.messages_of_program == 0:
                        self.angle = self.stops_at
                try:
                    if b"movej" in connection.recv(4096):
                        self.messages_of_program = 20
                except TimeoutError:
                    pass
        except OSError:
            self.listener.close()


def outcome(stops_at, **options):
    arm = Arm(stops_at)
    robot = URRobot(HOST)
    try:
        return f"arrived at {robot.movej([1, 0, 0, 0, 0, 0], wait=True, **options)[0]:.2f}"
    except RobotException:
        return "RobotException"
    finally:
        robot.close()
        arm.listener.close()


outcomes = []
for stops_at, options in ((0.15, {}), (0.25, {}), (0.25, {"threshold": 0.01})):
    outcomes.append(outcome(stops_at, **options))
    within = f" within {options['threshold']}" if options else ""
    print(f"asked for 1 rad{within}, stopped at {stops_at} rad: {outcomes[-1]}")
sys.exit(outcomes != ["RobotException", "arrived at 0.25", "RobotException"])
P
