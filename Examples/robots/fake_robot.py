#!/usr/bin/env python3
"""A robot of two wheels that is not there, as avg-vision drives it: --robot exec:./fake_robot.py

Copy it and avg_robot.py, and put your own motors and sensors where the comments say so. docs/robot-protocol.md has the
protocol.
"""
import time

from avg_robot import serve

speed, since, odometer = 0.0, time.monotonic(), 0.0  # mm/s, s, mm


def set_wheels(left, right):
    global speed, since, odometer
    now = time.monotonic()
    odometer += speed * (now - since)
    speed, since = (left + right) / 2, now  # here your motors are told


def feel():
    return 0, 0, f"{odometer:.1f}"  # here your bumpers and encoders are read


serve("fake", ["left_bump", "right_bump", "odometer_mm"], set_wheels, feel)
