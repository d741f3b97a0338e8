"""What `avg-vision serve` answers to a learner that does not keep to the protocol, or only just."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from avg_vision import _wire
from avg_vision._process import Child, find_program
from avg_vision._wire import HEADER, Kind
from conftest import PATIENCE

SEED = _wire.SEED.pack(1)


class Learner:
    """A learner that says what it is told."""

    def __init__(self) -> None:
        self.child = Child([find_program(None), "serve"])
        self.child.socket.settimeout(PATIENCE)
        self.sequence = 0

    def message(self, kind: int, payload: bytes = b"", environment: int = 0, flags: int = 0) -> bytes:
        self.sequence += 1
        return HEADER.pack(len(payload), kind, flags, environment, self.sequence) + payload

    def ask(self, kind: int, payload: bytes = b"", environment: int = 0, flags: int = 0) -> tuple[int, bytes]:
        self.child.socket.sendall(self.message(kind, payload, environment, flags))
        return self.hear()

    def hear(self) -> tuple[int, bytes]:
        """The kind and the payload of the next answer, which must be that of the last question."""
        length, kind, _, _, sequence = HEADER.unpack(self.read(HEADER.size))
        assert sequence == self.sequence
        return kind, self.read(length)

    def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.child.socket.recv(count - len(data))
            assert more, "the stream has ended"
            data += more
        return data

    def hello(self, **words: object) -> tuple[int, bytes]:
        return self.ask(Kind.HELLO, json.dumps({"protocol": 1, "program": "a test", **words}).encode())


@pytest.fixture
def learner() -> Iterator[Learner]:
    learner = Learner()
    yield learner
    learner.child.end()


@pytest.mark.parametrize(
    ("kind", "payload", "environment", "words"),
    [
        (Kind.RESULT, b"", 0, "a message of kind 5, which is no question"),
        (99, b"", 0, "a message of kind 99"),
        (Kind.HELLO, b"{}", 0, "a message of kind 1"),
        (Kind.RESET, b"abc", 0, "a reset of 3 bytes"),
        (Kind.STEP, bytes(8), 0, "a step where no episode has begun"),
        (Kind.RESET, SEED, 1, "environment 1 of 1"),
        (Kind.RENDER, b"below", 0, "the view 'below', of camera, above"),
        (Kind.STOP, bytes((1 << 20) + 1), 0, "a message of 1048577 bytes"),
    ],
)
def test_a_wrong_question_is_an_error(
    learner: Learner, kind: int, payload: bytes, environment: int, words: str
) -> None:
    assert learner.hello()[0] == Kind.SPECIFICATION
    # Of what is too long nobody reads more than the header.
    learner.child.socket.sendall(learner.message(kind, payload, environment)[: 1 << 16])
    answer, text = learner.hear() if len(payload) < 1 << 20 else late(learner)
    assert answer == Kind.ERROR and words in text.decode()
    assert "status 1" in (ending := learner.child.end()) and words in ending


def late(learner: Learner) -> tuple[int, bytes]:
    """An answer to the question before the one whose payload never came."""
    learner.sequence -= 1
    return learner.hear()


@pytest.mark.parametrize("payload", [bytes(4), bytes(12)])
def test_an_action_of_another_size_is_an_error(learner: Learner, payload: bytes) -> None:
    learner.hello()
    learner.ask(Kind.RESET, SEED, flags=1)
    answer, text = learner.ask(Kind.STEP, payload)
    assert answer == Kind.ERROR and f"an action of {len(payload)} bytes, not 8" in text.decode()


@pytest.mark.parametrize(
    ("hello", "words"),
    [
        (b"", "cannot be read"),
        (b"[1]", "cannot be read"),
        (b'{"protocol": 2, "program": "x"}', "speaks version 2 of the environment protocol, this program version 1"),
        (b'{"protocol": 1, "program": "x", "environments": 0}', "0 environments; there can be 1 to 1024"),
    ],
)
def test_a_wrong_hello_is_an_error(learner: Learner, hello: bytes, words: str) -> None:
    answer, text = learner.ask(Kind.HELLO, hello)
    assert answer == Kind.ERROR and words in text.decode()


def test_whoever_does_not_say_hello_is_refused(learner: Learner) -> None:
    answer, text = learner.ask(Kind.RESET, SEED)
    assert answer == Kind.ERROR and "hello comes first" in text.decode()


def test_a_question_out_of_order_is_an_error(learner: Learner) -> None:
    learner.hello()
    learner.sequence += 1
    answer, text = learner.ask(Kind.RESET, SEED)
    assert answer == Kind.ERROR and "question 3 after question 1" in text.decode()


def test_questions_may_come_in_pieces_and_several_at_once(learner: Learner) -> None:
    learner.hello(environments=2)
    for byte in learner.message(Kind.RESET, SEED, flags=1):
        learner.child.socket.sendall(bytes([byte]))
    kind, first = learner.hear()
    kind, second = learner.ask(Kind.RESET, SEED, environment=1, flags=1)
    assert kind == Kind.RESULT and first == second
    action = np.zeros(2, np.float32).tobytes()
    learner.child.socket.sendall(
        learner.message(Kind.STEP, action)
        + learner.message(Kind.STOP)
        + learner.message(Kind.STEP, action, environment=1)
    )
    sequences, environments = [], []
    for _ in range(2):
        length, kind, _, environment, sequence = HEADER.unpack(learner.read(HEADER.size))
        learner.read(length)
        assert kind == Kind.RESULT
        sequences.append(sequence)
        environments.append(environment)
    assert (sequences, environments) == ([4, 6], [0, 1])


def test_without_shared_memory_the_observation_is_in_the_result(learner: Learner) -> None:
    learner.hello()
    _, result = learner.ask(Kind.RESET, SEED, flags=1)
    assert len(result) == _wire.RESULT.size + 90 * 160 * 9 + 32


def test_the_end_of_the_stream_and_close_are_no_failures(learner: Learner) -> None:
    learner.hello()
    assert learner.child.end() == "it ended with status 0"
    other = Learner()
    other.hello()
    other.child.socket.sendall(other.message(Kind.CLOSE))
    assert other.child.socket.recv(1) == b""
    assert other.child.end() == "it ended with status 0"


def test_the_example_of_the_protocols_page_is_what_is_sent() -> None:
    action = np.array([0.5, -1], np.float32).tobytes()
    assert (HEADER.pack(8, Kind.STEP, 0, 0, 7) + action).hex(" ") == (
        "08 00 00 00 04 00 00 00 07 00 00 00 00 00 00 00 00 00 00 3f 00 00 80 bf"
    )
