"""Environments that do one thing wrong each: the training ends with one line that says what, and with its checkpoint."""

import os
import pathlib
import re
import sys
import tempfile
import time

from library import PROGRAM, capture, check, is_running, run

HOST = pathlib.Path(__file__).with_name("strange_host.py")
# What goes wrong, what the line must say, and whether a checkpoint was due before.
FAULTS = [
    ("dies at once", "ended with status 3, asked for hello. It printed nothing", False),
    ("dies at hello", "ended with status 4, asked for hello. It printed last: no memory left for the world", False),
    ("hangs at hello", "no answer to hello within 1.0 s", False),
    ("fails at hello", r"the arm is not\\u{1B}[31m plugged in", False),
    ("another version", "speaks version 99 of the protocol, this program version 1", False),
    ("another first message", "its first message is of kind 5", False),
    ("no JSON", "its specification is none: {", False),
    ("no spaces", "its specification is none", False),
    ("a huge specification", "its first message is of kind 2, number 1, 4294967295 bytes", False),
    ("discrete actions", "its action: cannot be used: Discrete(4). Supported is a Box", False),
    ("text as an observation", "its observation: cannot be used: Text(1, 5). Supported are Boxes", False),
    ("unknown element type", "its specification is none", False),
    ("too many elements", "which no memory holds", False),
    ("bounds of another length", "2 numbers with 3 bounds", False),
    ("memory that may shrink", "not sealed against shrinking", False),
    ("memory without a descriptor", "no descriptor of the shared memory", False),
    ("dies at reset", "was ended by signal 9 (Killed), asked for reset", False),
    ("begins with an end", "an episode began with its end", False),
    ("dies at a step", "ended with status 139, asked for step. It printed last: Segmentation fault", True),
    ("is killed", "was ended by signal 9 (Killed), asked for step", True),
    ("closes its socket", "closed its socket without ending, asked for step", True),
    ("hangs at a step", "no answer to step within 1.0 s", True),
    ("is stopped", "no answer to step within 1.0 s", True),
    ("answers byte by byte", "no answer to step within 1.0 s", True),
    ("answers too late", "no answer to step within 1.0 s", True),
    ("fails at a step", "ZeroDivisionError: division by zero", True),
    ("another kind of answer", "its answer to step is of kind 2, not a result", True),
    ("an old number", "its answer has the number", True),
    ("the answer of another environment", "its answer has the number", True),
    ("float64 for float32", "its result has 40 bytes, not the 32 of its specification", True),
    ("another shape", "its result has 48 bytes, not the 32 of its specification", True),
    ("a short answer", "its result has 8 bytes, not the 32 of its specification", True),
    ("a huge answer", "its result has 4294967280 bytes, not the 32", True),
    ("resets by itself", "it sent 48 bytes that nobody asked for|its answer has the number", True),
    ("a reward that is no number", "its reward is not finite: nan", True),
    ("an endless reward", "its reward is not finite: inf", True),
    ("a signal that is no number", "number 0 of its observation is not finite: nan", True),
    ("a slot that is not there", "its observation lies in slot 1 of 1", True),
    ("shared memory that nobody has", "its observation lies in slot 0 of 0", True),
]


def options(words):
    """A training that waits a second where that is what the fault is about, and long where a busy machine may be slow."""
    start = 1 if "to hello within" in words else 30
    answer = 1 if "within 1.0 s" in words else 30
    return [
        "--steps", "300", "--set", "training.checkpointIntervalSteps=100",
        "--set", f"gymnasium.startSeconds={start}", "--set", f"gymnasium.answerSeconds={answer}",
    ]


def command(fault):
    return f"echo $$ >'{work}/process'; exec '{sys.executable}' '{HOST}' '{fault}'"


with tempfile.TemporaryDirectory() as work:
    for number, (fault, words, has_checkpoint) in enumerate(FAULTS):
        folder = f"{work}/{number}"
        began = time.monotonic()
        result = capture(PROGRAM, "train", "--gymnasium-command", command(fault), "--output", folder, *options(words))
        lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
        told = len(lines) == 1 and any(re.sub(r"\\\\u", r"\\u", part) in lines[0] for part in words.split("|"))
        kept = os.path.exists(f"{folder}/checkpoint.safetensors")
        process = pathlib.Path(f"{work}/process").read_text().strip()
        time.sleep(0.05)
        ended = not is_running(process)
        if not (result.returncode == 1 and told and kept == has_checkpoint and ended):
            print(result.stderr, "status", result.returncode, "checkpoint", kept, "process ended", ended)
        check(
            result.returncode == 1 and told and kept == has_checkpoint and ended and time.monotonic() - began < 10,
            f"{fault}: one line, {'its checkpoint' if has_checkpoint else 'no folder'}, no process left",
        )
    # Every run that was broken off goes on in an environment that does nothing wrong.
    resumed = [number for number, fault in enumerate(FAULTS) if fault[2]]
    for number in resumed[:3]:
        run(PROGRAM, "train", "--resume", f"{work}/{number}", "--gymnasium-command", command("nothing"))
        text = pathlib.Path(f"{work}/{number}/episodes.csv").read_text().splitlines()
        check(int(text[-1].split(",")[0]) >= 280, f"{FAULTS[number][0]}: the run goes on to its end")
    result = run(
        PROGRAM, "train", "--gymnasium-command", command("ignores seeds"), "--output", f"{work}/seeds", *options(""))
    check("the same seed" in result.stderr, "ignores seeds: one line says so, and the training goes on")
