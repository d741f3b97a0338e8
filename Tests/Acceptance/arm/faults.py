"""What a connection and a safety system do to a run on an arm."""

import pathlib
import re
import subprocess
import sys
import time

from emulated import Emulator, learner
from library import PROGRAM, capture, check

work = pathlib.Path(sys.argv[1])


def ends(process, seconds=60):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


emulator = Emulator(work)
survey = capture(PROGRAM, "doctor", "--robot", f"ur://{emulator.host}")
check(survey.returncode == 0 and "running" in survey.stdout and "Universal Robots Dashboard" in survey.stdout,
      "doctor reads an arm that is ready")
emulator.tell("protective")
time.sleep(0.2)
survey = capture(PROGRAM, "doctor", "--robot", f"ur://{emulator.host}")
check(survey.returncode == 1 and "→ see why, and release it" in survey.stdout, "doctor says what to do about a protective stop")
emulator.end()
nobody = capture(PROGRAM, "doctor", "--robot", f"ur://{emulator.host}")
check(nobody.returncode == 1 and "port 30003 cannot be reached" in nobody.stderr, "doctor says that nobody is there: one line")
nobody = capture(PROGRAM, "--camera", "none", "--task", "ur-reacher-2", "--robot", f"ur://{emulator.host}", "--output", str(work / "no"))
check(nobody.returncode == 1 and nobody.stderr.count("error: ") == 1 and "cannot be reached" in nobody.stderr, "so does a run")

emulator = Emulator(work)
process = learner(emulator, work / "faults", "--steps", "250", "--record", str(work / "arm.mcap"))
Emulator.wait(emulator.is_moving, 20)
for fault in ("late 0.3", "garbled 0.2", "cut", "lost"):
    time.sleep(0.8)
    emulator.tell(fault)
status, out, err = ends(process)
counts = re.search(r"(\d+) packets of .*, (\d+) late, (\d+) bytes not understood, (\d+) reconnections", out)
check(status == 0 and counts and int(counts[2]) >= 1 and int(counts[3]) > 0 and int(counts[4]) >= 1,
      f"late, garbled, cut and lost: the run goes on ({counts and counts[0]}){'' if status == 0 else err[-800:]}")
again = capture(PROGRAM, "replay", str(work / "arm.mcap"))
check(again.returncode == 0, f"its log is replayed to the bit{again.stderr[-500:]}")

process = learner(emulator, work / "stopped", "--set", "robot.searchSeconds=2")
Emulator.wait(emulator.is_moving, 20)
time.sleep(0.5)
emulator.tell("protective")
status, out, err = ends(process)
lines = [line for line in err.splitlines() if line.startswith("error: ")]
check(status == 1 and len(lines) == 1 and "protective stop; see why" in lines[0],
      f"a protective stop that nobody releases ends the run with one line: {lines}")
check(not emulator.is_moving(), "and the arm rests")
time.sleep(4)
released = subprocess.run(
    [sys.executable, "-c", f"import socket; s = socket.create_connection(('{emulator.host}', 29999)); s.recv(99); "
     "s.sendall(b'unlock protective stop\\n'); print(s.recv(99))"], capture_output=True, text=True)
check("releasing" in released.stdout, "a person unlocks it on the dashboard")
process = learner(emulator, work / "again", "--steps", "50")
status, out, err = ends(process)
check(status == 0, f"and the arm is driven again{'' if status == 0 else err[-500:]}")
emulator.end()
