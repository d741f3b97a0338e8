"""The environment protocol (docs/environment-protocol.md): headers, spaces, and how an observation's bytes lie."""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from gymnasium import spaces
from numpy.typing import DTypeLike, NDArray

Buffer: TypeAlias = mmap.mmap | bytes

VERSION = 1
# length, kind, flags, environment, sequence
HEADER = struct.Struct("<IBBHQ")
LONGEST_PAYLOAD = 1 << 26
# reward, captured, missed cycles, slot
RESULT = struct.Struct("<dqII")
MEASUREMENT = struct.Struct("<d")
PICTURE = struct.Struct("<II")
SEED = struct.Struct("<Q")
# A space of a Dict begins at a multiple of so many bytes, a slot of shared memory is one of so many.
ALIGNMENT = 8
SLOT_ALIGNMENT = 64


class Kind(IntEnum):
    """What a message is."""

    HELLO = 1
    SPECIFICATION = 2
    RESET = 3
    STEP = 4
    RESULT = 5
    STOP = 6
    RENDER = 7
    PICTURE = 8
    CLOSE = 9
    ERROR = 10


class Flag(IntFlag):
    """What is true of a result."""

    TERMINATED = 1
    TRUNCATED = 2
    SUCCESS = 4
    STALE = 8
    SHARED = 16


HAS_SEED = 1


class Question(NamedTuple):
    """What is asked of one environment."""

    kind: Kind
    environment: int = 0
    payload: bytes = b""
    flags: int = 0


class Answer(NamedTuple):
    """What it says to that."""

    kind: int
    environment: int
    flags: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Where one array of an observation lies among its bytes."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    count: int
    offset: int

    def read(self, memory: Buffer, start: int) -> NDArray[Any]:
        """The array that lies there: a view, not a copy."""
        return np.frombuffer(memory, self.dtype, self.count, start + self.offset).reshape(self.shape)


def parts(space: spaces.Dict) -> tuple[dict[str, Part], int]:
    """Where the arrays of a Dict of Boxes lie, by name, and how many bytes they are together."""
    found: dict[str, Part] = {}
    offset = 0
    for name, box in space.spaces.items():
        assert isinstance(box, spaces.Box)
        part = Part(np.dtype(box.dtype).newbyteorder("<"), box.shape, math.prod(box.shape), offset)
        found[name] = part
        offset += -(-part.count * part.dtype.itemsize // ALIGNMENT) * ALIGNMENT
    return found, offset


def _bound(value: Any, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
    numbers = np.asarray([float(number) if isinstance(number, str) else number for number in np.atleast_1d(value)])
    return np.broadcast_to(numbers.astype(dtype) if numbers.size == 1 else numbers.astype(dtype).reshape(shape), shape)


def space(description: dict[str, Any]) -> spaces.Space[Any]:
    """The space of Gymnasium that a specification describes.

    Raises:
        ValueError: it is none that an observation or an action of this package can be.
    """
    kind = description.get("type")
    if kind == "Box":
        dtype = np.dtype(description["dtype"])
        shape = tuple(int(length) for length in description["shape"])
        low, high = (_bound(description[side], dtype, shape) for side in ("low", "high"))
        return spaces.Box(low, high, shape, dtype.type)
    if kind == "Dict":
        return spaces.Dict([(str(part["name"]), space(part["space"])) for part in description["spaces"]])
    raise ValueError(f"the space is neither a Box nor a Dict of them: {description.get('description', kind)}")


@dataclass(frozen=True)
class Measure:
    """A number that each step measures besides its reward."""

    name: str
    symbol: str

    @property
    def key(self) -> str:
        """What it is called in `info`, as in the program's tables: `distance_mm`."""
        return f"{self.name}_{self.symbol}"


@dataclass(frozen=True)
class SharedMemory:
    """How the memory of observations is divided."""

    slots: int
    slot_bytes: int

    def start(self, environment: int, slot: int) -> int:
        """Where a slot begins."""
        return (environment * self.slots + slot) * self.slot_bytes


@dataclass(frozen=True)
class Specification:
    """What an environment is like, from its making to its end."""

    program: str
    name: str
    environments: int
    observation_space: spaces.Dict
    action_space: spaces.Box
    period_seconds: float | None
    measures: tuple[Measure, ...]
    views: tuple[str, ...]
    shared_memory: SharedMemory | None

    @classmethod
    def read(cls, words: dict[str, Any]) -> Specification:
        """Reads what a `specification` says.

        Raises:
            ValueError: it is of another version, or not of the kind that this package knows.
            KeyError, TypeError: it is damaged.
        """
        version = words["protocol"]
        if version != VERSION:
            raise ValueError(
                f"it speaks version {version} of the environment protocol, this package version {VERSION}; "
                "install both from the same checkout"
            )
        observations, actions = space(words["observationSpace"]), space(words["actionSpace"])
        if not isinstance(observations, spaces.Dict) or set(observations) != {"image", "proprioception"}:
            raise ValueError(f"its observations are not image and proprioception: {observations}")
        if not isinstance(actions, spaces.Box):
            raise ValueError(f"its actions are no Box: {actions}")
        period, memory = words.get("periodNanoseconds"), words.get("sharedMemory")
        return cls(
            program=str(words.get("program", "")),
            name=str(words.get("name", "")),
            environments=int(words.get("environments", 1)),
            observation_space=observations,
            action_space=actions,
            period_seconds=period / 1e9 if period else None,
            measures=tuple(Measure(one["name"], one["symbol"]) for one in words.get("measures", [])),
            views=tuple(words.get("views", [])),
            shared_memory=SharedMemory(int(memory["slots"]), int(memory["slotBytes"])) if memory else None,
        )
