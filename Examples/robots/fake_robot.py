#!/usr/bin/env python3
"""A robot of two wheels that is not there, as avg-vision drives it: --robot exec:./fake_robot.py

Copy it, and put your own motors where the comments say so. docs/robot-protocol.md has the protocol.
"""
import os
import select

timeout = 0.2  # seconds without a line after which the robot stops by itself
left = right = 0  # mm/s
odometer = 0.0  # mm
period = 0.05  # seconds, about


def set_wheels(new_left, new_right):
    global left, right
    left, right = new_left, new_right  # here your motors are told


def answer(line):
    print(line, flush=True)

def lines():
    """The words of each line; None where there was none in time. select knows nothing of Python's own buffer."""
    rest = b""
    while True:
        if not select.select([0], [], [], timeout)[0]:
            yield None
            continue
        block = os.read(0, 4096)
        if not block:
            return  # the end of the input: the run is over
        *whole, rest = (rest + block).split(b"\n")
        yield from (line.decode().split() for line in whole)


try:
    for words in lines():
        if words is None:
            set_wheels(0, 0)  # nobody speaks: the robot must not go on
        elif words[:1] == ["hello"]:
            timeout = int(words[words.index("timeout_ms") + 1]) / 1000
            answer("robot 1 fake left_bump right_bump odometer_mm")
        elif words[:1] in (["drive"], ["stop"]):
            set_wheels(*(map(int, words[2:4]) if words[0] == "drive" else (0, 0)))
            odometer += (left + right) / 2 * period
            answer(f"senses {words[1]} 0 0 {odometer:.1f}")  # here your bumpers and encoders are read
finally:
    set_wheels(0, 0)
