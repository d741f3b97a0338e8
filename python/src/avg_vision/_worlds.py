"""Worlds of one server, as both kinds of environments use them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from . import _observations, _wire
from ._observations import Array, FormName, Observation
from ._server import Server
from ._wire import HAS_SEED, Answer, Flag, Kind, Question

CONFIGURATIONS = resources.files(__package__) / "configs"
GREATEST_SEED = (1 << 64) - 1


class Options(TypedDict, total=False):
    """What both kinds of environments are made of.

    Attributes:
        task: `create-reacher` or `create-mover`; that of `config` if absent.
        world: the simulated world: a name of those that `world_names` lists, or the path of a YAML file.
        config: a whole configuration, in the same way; the program's own if absent.
        settings: keys of the configuration that are to differ, `{"task.timeLimitSteps": 200}`.
        observations: `dict` (uint8 image and float32 proprioception), `float-dict`, `flat` or `image`.
        view: what `render` shows, `camera` or `above`.
        program: the path of avg-vision; else the variable AVG_VISION names it, else it is looked for on the PATH.
        patience: how long an answer may take, in seconds, before the program is ended.
    """

    task: str | None
    world: str | os.PathLike[str] | None
    config: str | os.PathLike[str] | None
    settings: Mapping[str, object] | None
    observations: FormName
    view: str
    program: str | None
    patience: float


class Step(NamedTuple):
    """What came of a question, besides its observation."""

    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


def world_names() -> list[str]:
    """The names of the worlds, and of the whole configurations, that this package brings along."""
    files = [*CONFIGURATIONS.iterdir(), *(CONFIGURATIONS / "worlds").iterdir()]
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def _path(option: str, name: str | os.PathLike[str]) -> str:
    """The file that a name means, or a path."""
    name = os.fspath(name)
    if "/" in name or name.endswith(".yaml"):
        return name
    for folder in (CONFIGURATIONS, CONFIGURATIONS / "worlds"):
        file = folder / f"{name}.yaml"
        if file.is_file():
            return str(file)
    raise ValueError(f"{option}: there is no {name!r}. There are {', '.join(world_names())}, or the path of a YAML file.")


def _arguments(options: Options) -> list[str]:
    """The options of `avg-vision serve`."""
    words: list[str] = []
    task = options.get("task")
    if task is not None:
        words += ["--task", task]
    for option, name in (("config", options.get("config")), ("world", options.get("world"))):
        if name is not None:
            words += [f"--{option}", _path(option, name)]
    settings = options.get("settings") or {}
    if not isinstance(settings, Mapping):
        raise TypeError(f"settings: a dictionary of keys and values is needed, not {settings!r}")
    for key, value in settings.items():
        words += ["--set", f"{key}={value if isinstance(value, str) else _setting(key, value)}"]
    return words


def _setting(key: str, value: object) -> str:
    """A value as YAML has it; numpy's numbers and arrays are taken as Python's."""

    def plain(value: object) -> object:
        if isinstance(value, (np.generic, np.ndarray)):
            return value.tolist()
        raise TypeError(f"settings: {key}: a number, a truth value, a text or a list of them is needed, not {value!r}")

    return json.dumps(value, default=plain)


class Worlds:
    """Some worlds alike, in one process."""

    def __init__(self, count: int, options: Options) -> None:
        """Starts the process.

        Args:
            count: how many worlds.
            options: what they are made of.

        Raises:
            ServerError: the program cannot be had, or refuses the options.
            ValueError: an option is not known here.
        """
        unknown = set(options) - set(Options.__annotations__)
        if unknown:
            raise TypeError(f"unknown option: {', '.join(sorted(unknown))}. There are {', '.join(Options.__annotations__)}.")
        patience = options.get("patience", 60.0)
        if isinstance(patience, bool) or not isinstance(patience, (int, float, np.number)):
            raise TypeError(f"patience: a number of seconds is needed, not {patience!r}")
        if not 0 < patience < math.inf:
            raise ValueError(f"patience: a number of seconds above 0 is needed, not {patience}")
        self.server = Server(_arguments(options), count, options.get("program"), patience)
        self.specification = self.server.specification
        try:
            self.form = _observations.form(options.get("observations", "dict"), self.specification.observation_space)
            self.view = self._known_view(options.get("view", "camera"))
        except ValueError:
            self.server.close()
            raise
        self._parts, self._byte_count = _wire.parts(self.specification.observation_space)
        self._result_size = _wire.RESULT.size + 8 * len(self.specification.measures)
        self._slots = self._map_slots(count)
        self._action_shape = self.specification.action_space.shape

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Puts a question to each of some worlds."""
        return self.server.ask(questions)

    @staticmethod
    def reset(environment: int, seed: int) -> Question:
        """The question that begins an episode: with a seed, or, where it is negative, without."""
        if seed > GREATEST_SEED:
            raise ValueError(f"seed: {seed} is greater than {GREATEST_SEED}")
        if seed < 0:
            return Question(Kind.RESET, environment, _wire.SEED.pack(0))
        return Question(Kind.RESET, environment, _wire.SEED.pack(seed), HAS_SEED)

    def action(self, action: Any) -> NDArray[np.float32]:
        """An action as it is sent.

        Raises:
            ValueError: its shape is wrong, or a number of it is not finite.
        """
        numbers: NDArray[np.float32] = np.asarray(action, np.float32)
        if numbers.shape != self._action_shape:
            raise ValueError(f"action: an array of shape {self._action_shape} is needed, not {numbers.shape}: {action!r}")
        if not np.isfinite(numbers).all():
            raise ValueError(f"action: its numbers must be finite: {action!r}")
        return numbers

    def read(self, answer: Answer, observation: Observation) -> Step:
        """Takes what came of a question.

        Args:
            answer: a result.
            observation: memory of the form's space, which receives the observation.
        """
        flags = answer.flags
        shares = bool(flags & Flag.SHARED)
        if len(answer.payload) != self._result_size + (0 if shares else self._byte_count):
            self.server.refuse(f"it does not keep to the protocol: a result of {len(answer.payload)} bytes")
        reward, _, missed, slot = _wire.RESULT.unpack_from(answer.payload)
        if not math.isfinite(reward):
            self.server.refuse(f"its reward is not finite: {reward}")
        if not shares:
            image, proprioception = self._arrays(answer.payload, self._result_size)
        elif self._slots and slot < len(self._slots[answer.environment]):
            image, proprioception = self._slots[answer.environment][slot]
        else:
            self.server.refuse(f"it does not keep to the protocol: a slot of shared memory that there is not: {slot}")
        self.form.write(image, proprioception, observation)
        info: dict[str, Any] = {
            "is_success": bool(flags & Flag.SUCCESS),
            "is_stale": bool(flags & Flag.STALE),
            "missed_cycles": missed,
        }
        for index, measure in enumerate(self.specification.measures):
            info[measure.key] = _wire.MEASUREMENT.unpack_from(answer.payload, _wire.RESULT.size + 8 * index)[0]
        return Step(reward, bool(flags & Flag.TERMINATED), bool(flags & Flag.TRUNCATED), info)

    def picture(self, environment: int, view: str | None = None) -> NDArray[np.uint8]:
        """What a view shows, as rows of pixels of red, green and blue."""
        name = self.view if view is None else self._known_view(view)
        (answer,) = self.ask([Question(Kind.RENDER, environment, name.encode())])
        size = len(answer.payload) - _wire.PICTURE.size
        rows, columns = _wire.PICTURE.unpack_from(answer.payload) if size >= 0 else (0, 0)
        if size != rows * columns * 3:
            self.server.refuse(f"it does not keep to the protocol: a picture of {len(answer.payload)} bytes")
        pixels = np.frombuffer(answer.payload, np.uint8, rows * columns * 3, _wire.PICTURE.size)
        return pixels.reshape(rows, columns, 3).copy()

    def close(self) -> None:
        """Ends the process, and gives its memory back."""
        self._slots = []
        self.server.close()

    def _known_view(self, name: str) -> str:
        views = self.specification.views
        if name not in views:
            raise ValueError(f"view: there is no {name!r}. There are {', '.join(views)}.")
        return name

    def _arrays(self, memory: _wire.Buffer, start: int) -> tuple[Array, Array]:
        return self._parts["image"].read(memory, start), self._parts["proprioception"].read(memory, start)

    def _map_slots(self, count: int) -> list[list[tuple[Array, Array]]]:
        """The arrays that lie in each slot of each world's."""
        memory, shared = self.server.memory, self.specification.shared_memory
        if memory is None or shared is None:
            return []
        return [
            [self._arrays(memory, shared.start(environment, slot)) for slot in range(shared.slots)]
            for environment in range(count)
        ]
