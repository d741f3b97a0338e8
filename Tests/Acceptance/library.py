"""What the checks in Python share; library.bash names the script and the program."""

import os
import pathlib
import subprocess
import sys

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


def is_running(process):
    """Whether a process is there; one that has ended and waits for its parent is not."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
