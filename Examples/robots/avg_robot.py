"""The lines of docs/robot-protocol.md, for a robot of two wheels in Python: copy it beside your own program."""

import os
import select


def lines(timeout):
    """The words of each line; None where there was none in time. select knows nothing of Python's own buffer."""
    rest = b""
    while True:
        if not select.select([0], [], [], timeout())[0]:
            yield None
            continue
        block = os.read(0, 4096)
        if not block:
            return  # the end of the input: the run is over
        *whole, rest = (rest + block).split(b"\n")
        yield from (line.decode().split() for line in whole)


def serve(name, senses, set_wheels, feel):
    """Drives until the run is over.

    senses: the names of what is felt, in order. set_wheels(left, right): turns the wheels, in mm/s. feel(): the values
    of the senses.
    """
    timeout = 0.2  # seconds without a line after which the robot stops by itself
    try:
        for words in lines(lambda: timeout):
            if words is None:
                set_wheels(0, 0)  # nobody speaks: the robot must not go on
            elif words[:1] == ["hello"]:
                timeout = int(words[words.index("timeout_ms") + 1]) / 1000
                print("robot", 1, name, *senses, flush=True)
            elif words[:1] in (["drive"], ["stop"]):
                set_wheels(*(map(int, words[2:4]) if words[0] == "drive" else (0, 0)))
                print("senses", words[1], *feel(), flush=True)
    finally:
        set_wheels(0, 0)
