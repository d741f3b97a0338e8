"""A server of environments that a test lets misbehave: what a program of avg-vision must never do."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
from typing import Any

HEADER = struct.Struct("<IBBHQ")
BYTES = 129_632


class Server:
    """Answers as `avg-vision serve` would, but for what it is told."""

    def __init__(self) -> None:
        self.socket = socket.socket(fileno=3)
        self.sequence = 0

    def receive(self) -> int:
        """The kind of the next question."""
        header = self.socket.recv(HEADER.size, socket.MSG_WAITALL)
        if len(header) < HEADER.size:
            raise SystemExit
        length, kind, _, _, self.sequence = HEADER.unpack(header)
        if length:
            self.socket.recv(length, socket.MSG_WAITALL)
        return int(kind)

    def send(self, kind: int, payload: bytes, *, sequence: int | None = None, environment: int = 0, flags: int = 0,
             length: int | None = None, descriptors: list[int] | None = None) -> None:
        """Sends an answer."""
        message = HEADER.pack(
            len(payload) if length is None else length, kind, flags, environment,
            self.sequence if sequence is None else sequence) + payload
        socket.send_fds(self.socket, [message], descriptors or [])

    def introduce(self, *, memory: int | None = None, seals: int = 2, descriptors: int = 1, **changes: Any) -> None:
        """Says what it is, with so many bytes of memory, if any."""
        self.receive()
        box = {"type": "Box", "dtype": "float32", "low": -1, "high": 1}
        image = {"type": "Box", "dtype": "uint8", "shape": [90, 160, 9], "low": 0, "high": 255}
        words = {
            "protocol": 1,
            "environments": 1,
            "observationSpace": {"type": "Dict", "spaces": [
                {"name": "image", "space": image}, {"name": "proprioception", "space": {**box, "shape": [8]}}]},
            "actionSpace": {**box, "shape": [2]},
            "views": ["camera"],
            "sharedMemory": None if memory is None else {"slots": 2, "slotBytes": 129_664},
            **changes,
        }
        files = [] if memory is None else [make_memory(memory, seals) for _ in range(descriptors)]
        self.send(2, json.dumps(words).encode(), descriptors=files)

    def result(self, size: int = BYTES, **changes: Any) -> None:
        """The result of a step."""
        self.send(5, struct.pack("<dqII", -1, 0, 0, 0) + bytes(size), **changes)


def make_memory(size: int, seals: int) -> int:
    """A file in memory, sealed."""
    descriptor = os.memfd_create("observations", os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, size)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def crash() -> None:
    """Ends the process as a fault in it does."""
    ctypes.string_at(0)
