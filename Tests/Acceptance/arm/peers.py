"""Other people's programs at the emulated UR5: ur_rtde's receive and dashboard, urx's real-time monitor, URScript by hand."""

import pathlib
import socket
import sys
import time

from emulated import Emulator
from library import check

import dashboard_client
import rtde_receive
from urx import urrtmon

work = pathlib.Path(sys.argv[1])
START = [1.587, -2.4, 1.5, -0.718, 1.637, 1.009]
emulator = Emulator(work)


def near(one, other, limit=1e-9):
    return all(abs(a - b) <= limit for a, b in zip(one, other))


receive = rtde_receive.RTDEReceiveInterface(emulator.host, 125.0)
time.sleep(0.5)
check(near(receive.getActualQ(), START), "ur_rtde reads the joints at the start")
check(receive.getRobotMode() == 7 and receive.getSafetyMode() == 1, "and the modes")
first = receive.getTimestamp()
time.sleep(1)
check(0.9 < receive.getTimestamp() - first < 1.2, "its time goes on by a second in a second")

monitor = urrtmon.URRTMonitor(emulator.host)
monitor.start()
check(near(monitor.q_actual(wait=True), START), "urx's real-time monitor reads the same joints")

script = socket.create_connection((emulator.host, 30003))
script.sendall(b"speedj([0,0.2,-0.1,0,0,0],1.4)\n")
time.sleep(1)
check(near(receive.getActualQd(), [0, 0.2, -0.1, 0, 0, 0]), "ur_rtde reads the speeds of speedj")

dashboard = dashboard_client.DashboardClient(emulator.host)
dashboard.connect()
check(dashboard.isConnected(), "ur_rtde's dashboard client is welcome")
dashboard.stop()
time.sleep(0.5)
check(near(receive.getActualQd(), [0] * 6), "its stop stops the arm")
emulator.tell("protective")
time.sleep(0.3)
check(receive.isProtectiveStopped() and receive.getSafetyMode() == 3, "ur_rtde sees a protective stop")
check("PROTECTIVE_STOP" in dashboard.safetymode(), "and its dashboard client too")
time.sleep(5)
dashboard.unlockProtectiveStop()
time.sleep(0.3)
check(not receive.isProtectiveStopped(), "which its own call unlocks")

script.sendall(b"movej([1.5,-2.2,1.4,-0.7,1.6,1.0], a=1.4, v=1.05, t=1, r=0)\n")
time.sleep(1.3)
goal = [1.5, -2.2, 1.4, -0.7, 1.6, 1.0]
check(near(receive.getActualQ(), goal, 1e-6) and near(monitor.q_actual(wait=True), goal, 1e-6), "both read where movej has led")
monitor.close()
receive.disconnect()
dashboard.disconnect()
emulator.end()
