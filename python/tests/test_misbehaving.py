"""A program that does not keep to the protocol is one error: nothing hangs, nothing is left behind."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from avg_vision import PenEnv, ServerError
from conftest import PATIENCE, lose_patience

BEGIN = "import misbehaving, os, time\nserver = misbehaving.Server()\n"
INTRODUCED = BEGIN + "server.introduce()\nserver.receive()\n"

AT_START = {
    "raise SystemExit(3)": "ended with status 3",
    "import sys; sys.exit('no libpng')": "no libpng",
    "import os; os.abort()": "ended by signal 6",
    "import misbehaving; misbehaving.crash()": "ended by signal 11",
    "import time; time.sleep(100)": "no answer within 1 s",
    "import os; os.close(3); import time; time.sleep(100)": "its process is gone",
    BEGIN + "server.receive(); server.socket.sendall(b'hello, world! This is no header.')": "message of 1819043176 bytes",
    BEGIN + "server.introduce(protocol=2)": "speaks version 2 of the environment protocol, this package version 1",
    BEGIN + "server.introduce(environments=2)": "made 2 environments, not 1",
    BEGIN + "server.introduce(observationSpace={'type': 'Discrete', 'description': 'Discrete(4)'})": r"Discrete\(4\)",
    BEGIN + "server.introduce(actionSpace=None)": "its specification is damaged",
    BEGIN + "server.receive(); server.send(2, b'[')": "cannot be used",
    BEGIN + "server.receive(); server.send(2, b'[]')": "its specification is damaged",
    BEGIN + "server.receive(); server.send(10, b'no room\\ntraceback')": "no room$",
    BEGIN + "server.receive(); server.send(5, b'')": "kind 5 in place of specification",
    BEGIN + "server.introduce(memory=1000)": "smaller than the 259328 bytes",
    BEGIN + "server.introduce(memory=259328, seals=0)": "not sealed against shrinking",
    BEGIN + "server.introduce(memory=259328, descriptors=2)": "2 descriptors",
    BEGIN + "server.introduce(memory=259328, descriptors=0)": "0 descriptors",
    BEGIN + "server.introduce(memory=1, sharedMemory={'slots': 2, 'slotBytes': 100})": "an observation 129632 bytes",
}

AT_A_STEP = {
    "raise SystemExit(0)": "ended with status 0",
    "time.sleep(100)": "no answer within 1 s",
    "server.result(100)": "a result of 124 bytes",
    "server.result(sequence=7)": "answered question 7 out of turn",
    "server.result(environment=1)": "out of turn",
    "server.send(5, b'')": "a result of 0 bytes",
    "server.result(0, flags=16)": "a slot of shared memory",
    "server.send(8, bytes(8))": "kind 8 in place of result",
    "server.send(5, b'', length=1 << 27)": "message of 134217728 bytes",
    "server.send(5, b'', length=100); time.sleep(100)": "no answer within 1 s",
    "server.send(10, 'the wheel is off – ö'.encode())": "the wheel is off – ö",
    "server.send(5, misbehaving.struct.pack('<dqII', float('nan'), 0, 0, 0) + bytes(129632))": "reward is not finite: nan",
}


@pytest.mark.parametrize(("text", "words"), AT_START.items())
def test_at_the_start(program: Callable[[str], str], text: str, words: str) -> None:
    began = time.monotonic()
    with pytest.raises(ServerError, match=words):
        PenEnv(program=program(text), patience=1.0 if "within 1 s" in words else PATIENCE)
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize(("text", "words"), AT_A_STEP.items())
def test_at_a_step(program: Callable[[str], str], text: str, words: str) -> None:
    environment = PenEnv(program=program(INTRODUCED + "server.result()\nserver.receive()\n" + text), patience=PATIENCE)
    environment.reset(seed=1)
    if "within 1 s" in words:
        lose_patience(environment)
    began = time.monotonic()
    with pytest.raises(ServerError, match=words):
        environment.step(np.zeros(2, np.float32))
    assert time.monotonic() - began < PATIENCE
    with pytest.raises(ServerError, match="cannot be used any more"):
        environment.reset()


def test_a_program_without_shared_memory_can_be_used(program: Callable[[str], str]) -> None:
    environment = PenEnv(program=program(BEGIN + "server.introduce()\nwhile True:\n  server.receive(); server.result()"))
    observation, info = environment.reset(seed=1)
    assert observation in environment.observation_space
    assert environment.step(np.zeros(2, np.float32))[1] == -1
    environment.close()


def test_an_older_program_does_not_know_the_command(program: Callable[[str], str]) -> None:
    with pytest.raises(ServerError, match="ended with status 64 and said: error: Unknown command 'serve'"):
        PenEnv(program=program("""sys.stderr.write("error: Unknown command 'serve'. Commands: run"); sys.exit(64)"""))
