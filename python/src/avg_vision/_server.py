"""A server of environments: the questions put to a child process, and its answers."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import platform
import socket
import weakref
from collections.abc import Sequence
from typing import NoReturn

import gymnasium

from . import _wire
from ._process import Child, find_program
from ._wire import Answer, Kind, Question, Specification
from .errors import ServerError

PACKAGE_VERSION = "0.1.0"


class Server:
    """`avg-vision serve` with some environments alike."""

    def __init__(self, arguments: Sequence[str], environments: int, program: str | None, patience: float) -> None:
        """Starts the program and awaits what its environments are like.

        Args:
            arguments: those of `avg-vision serve`.
            environments: how many to make.
            program: the path of avg-vision; None to look for it.
            patience: how long each answer may take, in seconds.

        Raises:
            ServerError: there is no such program, it refuses, or it is of another version.
        """
        path = find_program(program)
        self._name = " ".join(["avg-vision serve", *arguments])
        self._child = Child([path, "serve", *arguments])
        self._finalizer = weakref.finalize(self, self._child.end)
        self._sequence = 0
        self._received = bytearray()
        self._failure: str | None = None
        self._patience = patience
        self._child.socket.settimeout(patience)
        self.memory: mmap.mmap | None = None
        self.specification = self._introduce(environments)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Puts at most one question to each environment, and waits for all answers.

        Returns:
            The answers, in the order of the questions.

        Raises:
            ServerError: there is none in time, it is an error, or it does not keep to the protocol.
        """
        self._check_open()
        try:
            first = self._send(questions)
            answers: list[Answer | None] = [None] * len(questions)
            for _ in questions:
                answer, sequence = self._receive()
                place = sequence - first
                if not 0 <= place < len(questions) or answers[place] or answer.environment != questions[place].environment:
                    self.refuse(f"it does not keep to the protocol: it answered question {sequence} out of turn")
                wanted = Kind.PICTURE if questions[place].kind == Kind.RENDER else Kind.RESULT
                self._check_kind(answer, wanted)
                answers[place] = answer
        except BaseException as error:
            # Whatever interrupts an exchange, Ctrl-C too, leaves an answer on its way that would be taken for the next.
            self._give_up(f"an exchange was interrupted by {type(error).__name__}")
            raise
        return [answer for answer in answers if answer]

    def close(self) -> None:
        """Ends the program, and waits for that; more than once is once."""
        if self._failure is None and self._child.is_ours:
            self._failure = "it is closed"
            try:
                self._send([Question(Kind.CLOSE)])
            except OSError:
                pass
        self.memory = None
        self._finalizer()

    def refuse(self, reason: str) -> NoReturn:
        """Ends the program, which did what it must not.

        Raises:
            ServerError: always.
        """
        self._give_up(reason)
        raise ServerError(f"{self._name}: {reason}")

    def _introduce(self, environments: int) -> Specification:
        hello = {
            "protocol": _wire.VERSION,
            "program": f"avg_vision {PACKAGE_VERSION} (Python {platform.python_version()}, "
            f"gymnasium {gymnasium.__version__})",
            "environments": environments,
            "sharedMemory": True,
        }
        try:
            self._send([Question(Kind.HELLO, payload=json.dumps(hello).encode())])
            descriptors: list[int] = []
            answer, _ = self._receive(descriptors)
            self._check_kind(answer, Kind.SPECIFICATION)
            try:
                specification = Specification.read(json.loads(answer.payload))
            except ValueError as error:
                self.refuse(f"it cannot be used: {error}")
            except (KeyError, TypeError, AttributeError) as error:
                self.refuse(f"it does not keep to the protocol: its specification is damaged: {error!r}")
            if specification.environments != environments:
                self.refuse(f"it made {specification.environments} environments, not {environments}")
            self.memory = self._map(specification, descriptors)
        except BaseException:
            self._give_up("it did not introduce itself")
            raise
        return specification

    def _map(self, specification: Specification, descriptors: Sequence[int]) -> mmap.mmap | None:
        """The memory of observations; as large as was said, and never smaller, or reading it would end this process."""
        try:
            shared = specification.shared_memory
            if shared is None:
                return None
            if len(descriptors) != 1:
                self.refuse(f"it does not keep to the protocol: {len(descriptors)} descriptors came with its memory")
            _, byte_count = _wire.parts(specification.observation_space)
            size = shared.start(specification.environments, 0)
            if shared.slots < 1 or shared.slot_bytes % _wire.SLOT_ALIGNMENT or shared.slot_bytes < byte_count:
                self.refuse(f"it does not keep to the protocol: its memory has {shared}, an observation {byte_count} bytes")
            if os.fstat(descriptors[0]).st_size < size:
                self.refuse(f"it does not keep to the protocol: its memory is smaller than the {size} bytes that it named")
            try:
                seals = fcntl.fcntl(descriptors[0], fcntl.F_GET_SEALS)
            except OSError:
                seals = 0
            if not seals & fcntl.F_SEAL_SHRINK:
                self.refuse("it does not keep to the protocol: its memory is not sealed against shrinking")
            return mmap.mmap(descriptors[0], size, prot=mmap.PROT_READ)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _send(self, questions: Sequence[Question]) -> int:
        """Sends questions all at once.

        Returns:
            The number of the first one.
        """
        first = self._sequence + 1
        message = bytearray()
        for question in questions:
            self._sequence += 1
            message += _wire.HEADER.pack(
                len(question.payload), question.kind, question.flags, question.environment, self._sequence
            )
            message += question.payload
        try:
            self._child.socket.sendall(message)
        except TimeoutError:
            self.refuse(f"it took no question within {self._patience:g} s")
        except OSError:
            # It is gone, and may have said why.
            pass
        return first

    def _receive(self, descriptors: list[int] | None = None) -> tuple[Answer, int]:
        self._fill(_wire.HEADER.size, descriptors)
        length, kind, flags, environment, sequence = _wire.HEADER.unpack_from(self._received)
        if length > _wire.LONGEST_PAYLOAD:
            self.refuse(f"it does not keep to the protocol: a message of {length} bytes")
        end = _wire.HEADER.size + length
        self._fill(end, descriptors)
        payload = bytes(self._received[_wire.HEADER.size : end])
        del self._received[:end]
        return Answer(kind, environment, flags, payload), sequence

    def _fill(self, count: int, descriptors: list[int] | None) -> None:
        """Receives until so many bytes are there, and the descriptors that come with them where a list is given."""
        while len(self._received) < count:
            try:
                if descriptors is None:
                    data = self._child.socket.recv(1 << 16)
                else:
                    data, more, _, _ = socket.recv_fds(self._child.socket, 1 << 16, 4)
                    descriptors += more
            except TimeoutError:
                self.refuse(f"it gave no answer within {self._patience:g} s and was ended; `patience` allows for more")
            except ConnectionResetError:
                data = b""
            if not data:
                self.refuse(f"its process is gone: {self._child.end()}")
            self._received += data

    def _check_kind(self, answer: Answer, wanted: Kind) -> None:
        if answer.kind == Kind.ERROR:
            self.refuse(answer.payload.decode(errors="replace").split("\n")[0])
        if answer.kind != wanted:
            self.refuse(f"it does not keep to the protocol: a message of kind {answer.kind} in place of {wanted.name.lower()}")

    def _check_open(self) -> None:
        if not self._child.is_ours:
            raise ServerError(f"{self._name}: it belongs to the process that this was forked from. Make one in this process.")
        if self._failure is not None:
            raise ServerError(f"{self._name}: it cannot be used any more: {self._failure}. Make another environment.")

    def _give_up(self, reason: str) -> None:
        if self._failure is None:
            self._failure = reason
            self._child.end(patience=0.2)
