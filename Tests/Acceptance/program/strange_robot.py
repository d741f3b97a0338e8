"""A robot of two wheels whose program does what its first argument says; the second is where it writes what it hears."""

import os
import select
import sys
import time

fault, record = sys.argv[1], open(sys.argv[2], "w", buffering=1)
print(os.getpid(), "process", file=record)
if fault == "dies at once":
    sys.exit(3)
if fault == "says nothing":
    time.sleep(60)
timeout, wheels, told = 0.2, (0, 0), 0


def drive(left, right):
    global wheels
    if (left, right) != wheels:
        print(time.monotonic_ns(), left, right, file=record)
    wheels = (left, right)


def answer(text):
    print(text, flush=True)


def lines():
    rest = b""
    while True:
        if not select.select([0], [], [], timeout)[0]:
            yield None
            continue
        block = os.read(0, 4096)
        if not block:
            return
        *whole, rest = (rest + block).split(b"\n")
        yield from (line.decode().split() for line in whole)


for words in lines():
    if words is None:
        if fault != "trusts its guard":
            drive(0, 0)
    elif words[0] == "hello":
        timeout = int(words[words.index("timeout_ms") + 1]) / 1000
        answer({
            "another version": "robot 2 strange", "an unknown sense": "robot 1 strange nose",
        }.get(fault, "robot 1 strange ready odometer_mm"))
    else:
        told += 1
        drive(*(map(int, words[2:4]) if words[0] == "drive" else (0, 0)))
        senses = f"senses {words[1]} 1 0"
        if told == 40:
            if fault == "dies":
                sys.exit(4)
            if fault == "is killed":
                os.kill(os.getpid(), 9)
            if fault == "closes its output":
                os.close(1)
                time.sleep(60)
            senses = {
                "garbles": "senses \x1b[31m", "reports too little": f"senses {words[1]} 1",
                "reports too much": f"senses {words[1]} 1 0 0", "reports no number": f"senses {words[1]} 1 nan",
                "answers what nobody said": f"senses {int(words[1]) + 9} 1 0", "cannot go on": "fault the battery is empty",
                "never ends a line": "x" * 2000,
            }.get(fault, senses)
        if fault == "hangs" and told >= 40:
            time.sleep(60)
        if fault == "is not ready" and told >= 40:
            senses = f"senses {words[1]} 0 0"
        answer(senses)
drive(0, 0)
print(time.monotonic_ns(), "end", file=record)
