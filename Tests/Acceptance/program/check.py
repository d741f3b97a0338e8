"""Robots that somebody's program drives: the examples, programs that do one thing wrong, and what is struck while they drive."""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from library import PROGRAM, REPOSITORY, check, is_running

work, repetitions = pathlib.Path(sys.argv[1]), int(sys.argv[2])
EXAMPLES = REPOSITORY / "Examples/robots"
HERE = pathlib.Path(__file__).parent
STRANGE = f"{sys.executable} {HERE}/strange_robot.py"
LIMIT = 250  # ms
# What goes wrong, and what the line must say.
FAULTS = {
    "dies at once": "its process ended with status 3",
    "says nothing": "it did not say what it is within 1 s",
    "another version": "it speaks version 2 of the protocol, not 1",
    "an unknown sense": "it reports 'nose', which nobody knows",
    "dies": "its process ended with status 4",
    "is killed": r"its process was ended by signal 9 \(Killed\)",
    "closes its output": "it closed its output",
    "garbles": r"it said 'senses \\u\{1B\}\[31m' without the number of a line",
    "reports too little": "it reported 1 senses, not the 2",
    "reports too much": "it reported 3 senses, not the 2",
    "reports no number": "in which 'nan' is no number",
    "answers what nobody said": "it answered line",
    "cannot go on": "it said that it cannot go on: the battery is empty",
    "never ends a line": "bytes without the end of a line",
    # Between two episodes less is waited for.
    "hangs": r"it has not answered line \d+ for 2|not ready for 1 s",
    "is not ready": "not ready for 1 s",
}
# A way to a new start of a tenth of a second.
SHORT = ["--set", "robot.searchSeconds=1"]
for name in ("FirstTurn", "Retreat", "SecondTurn", "Advance"):
    SHORT += ["--set", f"robot.shortest{name}Seconds=0", "--set", f"robot.longest{name}Seconds=0.05"]


def command(view, robot, folder, steps, *more):
    return [
        PROGRAM, "--camera", view, "--robot", f"exec:{robot}", "--output", str(folder), "--steps", str(steps), *SHORT, *more,
    ]


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **more)


def fields(record):
    return [line.split() for line in pathlib.Path(record).read_text().splitlines()]


def stands_at(record, since):
    """When the wheels stood for good after an instant, in ms; None while they turn."""
    changes = [(int(time_), left, right) for time_, left, right in (f for f in fields(record) if len(f) == 3)]
    if not changes or changes[-1][1:] != ("0", "0"):
        return None
    return (changes[-1][0] - since) / 1e6


def misbehaves(view, fault):
    name = fault.replace(" ", "-")
    record, folder = work / f"{name}.txt", work / name
    steps = ["--set", "robot.searchSeconds=1"]
    # The program's arguments are separated by spaces, so a fault goes by a file of its own.
    script = work / f"{name}.sh"
    script.write_text(f"#!/bin/sh\nexec {STRANGE} '{fault}' {record}\n")
    script.chmod(0o755)
    # Not ready is waited for between two episodes.
    short = ["--set", "task.timeLimitSteps=30"] if fault == "is not ready" else []
    result = run(*command(view, script, folder, 300, *steps, *short))
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    process = fields(record)[0][0]
    ok = result.returncode == 1 and len(errors) == 1 and re.search(FAULTS[fault], errors[0])
    ok = ok and errors[0].startswith(f"error: robot exec:{script}: ")
    ended = not is_running(process)
    begun = fault in list(FAULTS)[4:]
    kept = (folder / "checkpoint.safetensors").exists() == begun
    if not (ok and ended and kept):
        print(fault, result.returncode, result.stderr[-1500:], "ended", ended, "kept", kept)
    return bool(ok and ended and kept), fault


def child(process):
    """The guard: the learner's only child that is one."""
    for other in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = other.read_text().rsplit(")", 1)[1].split()[1]
            words = (other.parent / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == str(process) and b"exec-guard" in words:
            return int(other.parent.name)
    return None


def strike(view, number, target, blow, trusting):
    record = work / f"strike-{number}.txt"
    script = work / f"strike-{number}.sh"
    fault = "trusts its guard" if trusting else "nothing"
    script.write_text(f"#!/bin/sh\nexec {STRANGE} '{fault}' {record}\n")
    script.chmod(0o755)
    learner = subprocess.Popen(
        command(view, script, work / f"strike-{number}", 100000), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end and (not record.exists() or len(fields(record)) < 30):
            time.sleep(0.01)
        victim = learner.pid if target == "learner" else child(learner.pid)
        # Not while the wheels happen to stand.
        while time.monotonic() < end and fields(record)[-1][1:] == ["0", "0"]:
            time.sleep(0.002)
        os.kill(victim, blow)
        struck = time.monotonic_ns()
        time.sleep(1.2)
        took = stands_at(record, struck)
    finally:
        for signal_ in (signal.SIGCONT, signal.SIGTERM):
            learner.send_signal(signal_)
        try:
            learner.wait(10)
        except subprocess.TimeoutExpired:
            learner.kill()
    # The guard and the program are gone by themselves.
    process = fields(record)[0][0]
    end = time.monotonic() + 8
    while is_running(process) and time.monotonic() < end:
        time.sleep(0.05)
    return took, is_running(process)


def examples(view):
    fake = run(*command(view, EXAMPLES / "fake_robot.py", work / "python", 60))
    check(fake.returncode == 0 and "stops        0 for want" in fake.stdout, f"the example in Python is driven{why(fake)}")
    compiled = run(*command(view, work / "robot", work / "c", 60))
    check(compiled.returncode == 0, f"the example in C is driven{why(compiled)}")
    recorded = run(*command(view, EXAMPLES / "fake_robot.py", work / "recorded", 40, "--record", str(work / "log.mcap")))
    again = run(PROGRAM, "replay", str(work / "log.mcap"))
    check(recorded.returncode == 0 and again.returncode == 0, f"its log is replayed to the bit{why(again)}")
    twists = work / "twists.txt"
    robot = f"{sys.executable} {EXAMPLES}/ros2_robot.py --wheel-base 200"
    environment = dict(os.environ, PYTHONPATH=str(HERE / "ros2"), STAND_IN_TWISTS=str(twists))
    ros = run(*command(view, robot, work / "ros", 60), env=environment)
    sent = [tuple(map(float, f)) for f in fields(twists)]
    check(ros.returncode == 0 and len(sent) > 60, f"the example for ROS 2 publishes cmd_vel, {len(sent)} times{why(ros)}")
    check(sent[-1] == (0, 0), "its last message stops the robot")
    # Two wheels of at most 300 mm/s, 200 mm apart: |v| + |w| * 0.1 m <= 0.3 m/s.
    check(all(abs(v) + abs(w) * 0.1 <= 0.3 + 1e-9 for v, w in sent) and any(w for _, w in sent), "every message is a drive's")


def why(result):
    return "" if result.returncode == 0 else ": " + result.stderr[-1500:]


def main():
    view = str(work / "view")
    emulator = subprocess.Popen(
        [PROGRAM, "emulator", str(work / "create2"), "--view", view], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while not os.path.exists(view) and time.monotonic() < end:
            time.sleep(0.02)
        examples(view)
        missing = run(*command(view, work / "none", work / "missing", 10))
        check(
            missing.returncode == 1 and "it cannot be started: No such file" in missing.stderr,
            "a program that is not there: one line")
        # They mostly wait.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for ok, fault in pool.map(lambda fault: misbehaves(view, fault), FAULTS):
                check(ok, f"{fault}: one line, {'its checkpoint' if fault in list(FAULTS)[4:] else 'no checkpoint'}, no process left")
        strikes = [
            (target, blow, trusting)
            for target, blow, trusting in [
                ("learner", signal.SIGKILL, True), ("learner", signal.SIGSTOP, True),
                ("guard", signal.SIGKILL, True), ("guard", signal.SIGSTOP, False),
            ]
            for _ in range(repetitions)
        ]
        slowest = {}
        for number, (target, blow, trusting) in enumerate(strikes):
            took, runs = strike(view, number, target, blow, trusting)
            name = f"{blow.name} of the {target}"
            check(took is not None and took <= LIMIT and not runs, f"{name}: the wheels stand after {took} ms")
            slowest[name] = max(took, slowest.get(name, 0))
        print("slowest: " + ", ".join(f"{name} {took:.0f} ms" for name, took in slowest.items()))
    finally:
        emulator.terminate()
        emulator.wait()


main()
