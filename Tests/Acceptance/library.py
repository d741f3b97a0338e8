"""What the checks in Python share; library.bash names the script and the program."""

import os
import pathlib
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("AVG_VISION") or str(REPOSITORY / ".build/release/avg-vision")


def fail(message):
    sys.exit(f"{os.environ.get('AVG_CHECK') or pathlib.Path(sys.argv[0]).stem}: {message}")


def expect(condition, message):
    if not condition:
        fail(message)


def check(condition, text):
    if not condition:
        sys.exit(f"FAIL  {text}")
    print(f"PASS  {text}", flush=True)


def capture(*command):
    """What a command said, as text, and how it ended."""
    return subprocess.run(command, capture_output=True, text=True)


def run(*command):
    """A command that must succeed."""
    result = capture(*command)
    if result.returncode:
        sys.exit(f"FAIL  {' '.join(map(str, command))}: {result.stderr}")
    return result


def measure(command, folder):
    """Runs a command to its end, its output in FOLDER.log: its processor time, and the most memory that it had."""
    began = time.monotonic()
    with folder.with_name(folder.name + ".log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        fail(f"{' '.join(command)} failed: see {log.name}")
    return {
        "seconds": round(time.monotonic() - began, 1),
        "processorSeconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peakMebibytes": usage.ru_maxrss // 1024,
    }


def is_running(process):
    """Whether a process is there; one that has ended and waits for its parent is not."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
