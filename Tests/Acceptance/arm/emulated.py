"""An emulated UR5 at an address of its own, and a learner that drives it."""

import os
import pathlib
import random
import signal
import subprocess
import time

from library import PROGRAM

TASK = ["--camera", "none", "--task", "ur-reacher-2"]


def address():
    """One of this computer's that hardly anybody else has."""
    return f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{random.randrange(1, 255)}"


class Emulator:
    def __init__(self, work):
        self.host = address()
        self.log = pathlib.Path(work) / f"{self.host}.log"
        self.control = pathlib.Path(work) / f"{self.host}.control"
        self.process = subprocess.Popen(
            [PROGRAM, "emulator", self.host, "--robot", "ur5", "--log", str(self.log), "--control", str(self.control)])
        self.wait(lambda: any(words == ["ready", self.host] for _, words in self.notes()), 10)

    def notes(self):
        if not self.log.exists():
            return []
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [(int(line[0]), line[1:]) for line in lines if len(line) > 1]

    def tell(self, fault):
        self.control.write_text(fault + "\n")

    def is_moving(self):
        changes = [words[0] for _, words in self.notes() if words[0] in ("moves", "rests")]
        return bool(changes) and changes[-1] == "moves"

    @staticmethod
    def wait(condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait()


def learner(emulator, folder, *more):
    return subprocess.Popen(
        [PROGRAM, *TASK, "--robot", f"ur://{emulator.host}", "--output", str(folder), *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def guard_of(process):
    """The learner's guard, by its parent and its name."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rsplit(")", 1)[1].split()[1]
            words = (stat.parent / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == str(process) and b"arm-guard" in words:
            return int(stat.parent.name)
    return None
