"""One simulated pen as an environment of Gymnasium."""

from __future__ import annotations

from typing import Any, Unpack

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from . import _observations
from ._observations import Observation
from ._wire import Kind, Question
from ._worlds import Options, Worlds


class PenEnv(gymnasium.Env[Observation, NDArray[Any]]):
    """A robot in a simulated pen, which sees by its camera: Create-Reacher or Create-Mover.

    The observation is three stacked frames (90 × 160 × 9, the oldest first) and proprioception: six infrared signals, from
    the left to the right, −1 (near) to 1 (nothing in sight), and the previous action. The action is the speed of the left
    and of the right wheel, −1 to 1.

    `info` has `is_success` (the goal is reached), `is_stale` (there was no image of the present: reward 0, nothing to be
    learned), `missed_cycles`, and what the task measures: `distance_mm` in Create-Mover.

    The same seed, followed by the same actions, gives the same bytes. A seed is that of `avg-vision train --seed`, whose
    world is the same.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"]}

    def __init__(self, *, render_mode: str | None = None, **options: Unpack[Options]) -> None:
        """Starts the program that simulates the pen.

        Args:
            render_mode: `rgb_array`, or None.
            options: see `Options`.

        Raises:
            ServerError: the program cannot be had, or refuses the options.
            TypeError, ValueError: an option is not known here.
        """
        check_render_mode(render_mode)
        self.render_mode = render_mode
        self._worlds = Worlds(1, options)
        specification = self._worlds.specification
        self.metadata = metadata(self.metadata, specification.period_seconds)
        self.observation_space = self._worlds.form.space
        self.action_space = specification.action_space
        self._is_seeded = False
        self._is_over = True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts an episode: with a seed in a new world, without one in the world as it is."""
        super().reset(seed=seed)
        if seed is None and not self._is_seeded:
            seed = int(self.np_random.integers(1 << 63))
        observation = _observations.empty(self.observation_space)
        (answer,) = self._worlds.ask([self._worlds.reset(0, -1 if seed is None else seed)])
        step = self._worlds.read(answer, observation)
        self._is_seeded, self._is_over = True, False
        return observation, step.info

    def step(self, action: NDArray[Any]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Sets the wheels' speeds for one control cycle.

        Raises:
            ValueError: the action has another shape, or a number that is not finite.
            ResetNeeded: the episode is over, or has not begun.
            ServerError: the program is gone, or silent.
        """
        numbers = self._worlds.action(action)
        if self._is_over:
            raise ResetNeeded("the episode is over, or has not begun: call reset")
        observation = _observations.empty(self.observation_space)
        (answer,) = self._worlds.ask([Question(Kind.STEP, 0, numbers.tobytes())])
        reward, terminated, truncated, info = self._worlds.read(answer, observation)
        self._is_over = terminated or truncated
        return observation, reward, terminated, truncated, info

    def render(self) -> NDArray[np.uint8] | None:
        """The picture of the view that was chosen; None without a render mode."""
        return None if self.render_mode is None else self.picture()

    def picture(self, view: str | None = None) -> NDArray[np.uint8]:
        """What the camera sees, `camera`, or the pen from above, `above`, whatever the render mode."""
        return self._worlds.picture(0, view)

    def close(self) -> None:
        """Ends the program."""
        self._worlds.close()


def check_render_mode(mode: str | None) -> None:
    """Refuses a mode of rendering that there is not."""
    if mode is not None and mode not in PenEnv.metadata["render_modes"]:
        raise ValueError(f"render_mode: there is no {mode!r}. There is rgb_array, and None.")


def metadata(common: dict[str, Any], period_seconds: float | None) -> dict[str, Any]:
    """What is common, and the pictures a second at which a recording shows the world's own time."""
    return {**common, "render_fps": round(1 / period_seconds) if period_seconds else 30}
