"""Some simulated pens of one process as a vector environment of Gymnasium."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from . import _observations
from ._observations import Observation
from ._wire import Kind, Question
from ._worlds import Options, Step, Worlds
from .environment import PenEnv, check_render_mode, metadata


class PenVectorEnv(VectorEnv[Observation, NDArray[Any], NDArray[Any]]):
    """As many pens as are asked for, in one process of `avg-vision serve`; see `PenEnv`.

    It behaves as Gymnasium's `SyncVectorEnv` of as many `PenEnv`, in each of the autoreset modes.
    """

    metadata: dict[str, Any] = PenEnv.metadata

    def __init__(
        self,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        """Starts the program that simulates the pens.

        Args:
            num_envs: how many.
            autoreset_mode: when a pen whose episode is over begins another.
            render_mode: `rgb_array`, or None.
            options: see `Options`.

        Raises:
            ServerError: the program cannot be had, or refuses the options.
            TypeError, ValueError: an option is not known here.
        """
        super().__init__()
        check_render_mode(render_mode)
        self.render_mode = render_mode
        self.num_envs = num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self._worlds = Worlds(num_envs, options)
        specification = self._worlds.specification
        self.metadata = {
            **metadata(self.metadata, specification.period_seconds),
            "autoreset_mode": self.autoreset_mode,
        }
        self.single_observation_space = self._worlds.form.space
        self.single_action_space = specification.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._is_seeded = np.zeros(num_envs, np.bool_)
        self._is_over = np.ones(num_envs, np.bool_)
        self._last = _observations.empty(self.single_observation_space, num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts an episode in each pen, or in those that `options["reset_mask"]` chooses.

        Args:
            seed: one for each pen, or that of the first, which the others count on from.
            options: `reset_mask`, an array of booleans.

        Raises:
            ValueError: there are not as many seeds or marks as pens.
            ServerError: the program is gone, or silent.
        """
        super().reset(seed=seed if isinstance(seed, int) else None)
        if seed is None or isinstance(seed, int):
            seeds: list[int | None] = [None if seed is None else seed + index for index in range(self.num_envs)]
        else:
            seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(f"seed: {self.num_envs} seeds are needed, not {len(seeds)}")
        mask = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, np.bool_)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(f"reset_mask: {self.num_envs} booleans are needed, one of them true, not {mask!r}")
        observations = self._copy_last()
        infos: dict[str, Any] = {}
        for index, step in self._reset([(int(index), seeds[index]) for index in np.flatnonzero(mask)], observations):
            infos = self._add_info(infos, step.info, index)
        self._last = observations
        return observations, infos

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[Observation, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Sets the speeds of all wheels for one control cycle; a pen that begins an episode anew ignores its action.

        Args:
            actions: [num_envs, 2].

        Raises:
            ValueError: the array has another shape, or a number that is not finite.
            ResetNeeded: an episode is over, or has not begun, and does not begin by itself.
            ServerError: the program is gone, or silent.
        """
        if len(actions) != self.num_envs:
            raise ValueError(f"actions: {self.num_envs} are needed, not {len(actions)}")
        numbers = [self._worlds.action(action) for action in actions]
        renews = self._is_over if self.autoreset_mode == AutoresetMode.NEXT_STEP else np.zeros_like(self._is_over)
        if (self._is_over & ~(renews & self._is_seeded)).any():
            raise ResetNeeded("an episode is over, or has not begun: call reset")
        answers = self._worlds.ask(
            [
                self._worlds.reset(index, -1) if renews[index] else Question(Kind.STEP, index, numbers[index].tobytes())
                for index in range(self.num_envs)
            ]
        )
        observations = _observations.empty(self.single_observation_space, self.num_envs)
        steps = [
            self._worlds.read(answer, _observations.at(observations, index)) for index, answer in enumerate(answers)
        ]
        rewards = np.array([step.reward for step in steps], np.float64)
        terminated = np.array([step.terminated for step in steps], np.bool_)
        truncated = np.array([step.truncated for step in steps], np.bool_)
        self._is_over = terminated | truncated
        infos: dict[str, Any] = {}
        if self.autoreset_mode == AutoresetMode.SAME_STEP and self._is_over.any():
            infos = self._renew(steps, observations)
        for index, step in enumerate(steps):
            infos = self._add_info(infos, step.info, index)
        self._last = observations
        return observations, rewards, terminated, truncated, infos

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """A picture of each pen; None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(self._worlds.picture(index) for index in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the program."""
        self._worlds.close()

    def _copy_last(self) -> Observation:
        last = self._last
        return {name: array.copy() for name, array in last.items()} if isinstance(last, dict) else last.copy()

    def _reset(self, pens: list[tuple[int, int | None]], observations: Observation) -> list[tuple[int, Step]]:
        """Starts an episode in some pens, each with its seed, and writes their places in the batch."""
        questions = []
        for index, seed in pens:
            if seed is None and not self._is_seeded[index]:
                seed = int(self.np_random.integers(1 << 63))
            questions.append(self._worlds.reset(index, -1 if seed is None else seed))
        answers = self._worlds.ask(questions)
        for index, _ in pens:
            self._is_seeded[index], self._is_over[index] = True, False
        return [
            (answer.environment, self._worlds.read(answer, _observations.at(observations, answer.environment)))
            for answer in answers
        ]

    def _renew(self, steps: list[Step], observations: Observation) -> dict[str, Any]:
        """Starts another episode where one is over; what was last seen of it goes into the infos."""
        infos: dict[str, Any] = {}
        over = [int(index) for index in np.flatnonzero(self._is_over)]
        for index in over:
            last = _observations.at(observations, index)
            last = {name: array.copy() for name, array in last.items()} if isinstance(last, dict) else last.copy()
            infos = self._add_info(infos, {"final_obs": last, "final_info": steps[index].info}, index)
        for index, step in self._reset([(index, None) for index in over], observations):
            steps[index] = step
        return infos
