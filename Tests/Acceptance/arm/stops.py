"""What is struck while an arm moves, and how long its joints go on."""

import os
import pathlib
import signal
import sys
import time

from emulated import Emulator, guard_of, learner
from library import check, is_running

work, repetitions = pathlib.Path(sys.argv[1]), int(sys.argv[2])
# What stops the arm, and in what time: an order's age of 100 ms, then 0.3 rad/s at 4 rad/s², 75 ms; or, where nobody can say
# anything more, what was said last, 24 ms, and then the controller's own deceleration of 1.4 rad/s², 214 ms.
CASES = [
    ("learner", signal.SIGKILL, 250), ("learner", signal.SIGSTOP, 250), ("guard", signal.SIGKILL, 300),
    ("guard", signal.SIGSTOP, 300), ("link", None, 300),
]


def strike(number, target, blow):
    emulator = Emulator(work)
    folder = work / f"stop-{target}-{blow}-{number}"
    process = learner(emulator, folder, "--seed", str(number))
    try:
        end = time.monotonic() + 20
        # Past the way to the start.
        assert Emulator.wait(lambda: emulator.is_moving(), 20), process.stderr.read()
        time.sleep(0.3 + number % 7 * 0.05)
        while not emulator.is_moving() and time.monotonic() < end:
            time.sleep(0.002)
        if target == "link":
            emulator.tell("lost")
            struck = time.monotonic_ns()
        else:
            victim = process.pid if target == "learner" else guard_of(process.pid)
            os.kill(victim, blow)
            struck = time.monotonic_ns()
        time.sleep(0.6)
        # A link comes back, and so does the arm: what counts is the first rest.
        notes = [(at, words[0]) for at, words in emulator.notes() if words[0] in ("moves", "rests")]
        rests = [at for at, word in notes if word == "rests" and at > struck]
        if rests:
            return (rests[0] - struck) / 1e6
        return 0.0 if notes and notes[-1][1] == "rests" else None
    finally:
        guard = guard_of(process.pid)
        for one in filter(None, (process.pid, guard)):
            for signal_ in (signal.SIGCONT, signal.SIGTERM):
                try:
                    os.kill(one, signal_)
                except ProcessLookupError:
                    pass
        try:
            process.wait(10)
        except Exception:
            process.kill()
            process.wait()
        emulator.end()
        assert guard is None or not is_running(guard) or process.returncode is not None


for target, blow, limit in CASES:
    times = []
    for number in range(repetitions):
        took = strike(number, target, blow)
        if took is None or took > limit:
            check(False, f"{target} {blow}: the joints rest after {took} ms, within {limit}")
        times.append(took)
    times.sort()
    name = f"{blow.name} of the {target}" if blow else "the link cut"
    check(True, f"{name}, {repetitions} times: at rest after {times[len(times) // 2]:.0f} ms (median), {times[-1]:.0f} ms at most")
