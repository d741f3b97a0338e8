"""Some pens of one process behave as Gymnasium's own vector of as many pens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from avg_vision import PenEnv, PenVectorEnv, ServerError
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from test_environment import FORMS, same

MakeVector = Callable[..., PenVectorEnv]
# Some episodes end at the goal, others by their time.
SHORT = {"task.timeLimitSteps": 16, "task.minimumTargetArea": 0.005}


def run(environment: Any, count: int) -> list[Any]:
    said: list[Any] = [environment.reset(seed=5)]
    random = np.random.default_rng(0)
    for _ in range(count):
        # Turning, so that the target comes into sight.
        step = environment.step((random.uniform(-0.2, 0.2, (3, 2)) + [0.8, -0.8]).astype(np.float32))
        said.append(step)
        if environment.metadata["autoreset_mode"] == AutoresetMode.DISABLED and (step[2] | step[3]).any():
            said.append(environment.reset(options={"reset_mask": step[2] | step[3]}))
    return said


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_it_says_what_gymnasiums_vector_says(
    make_vector: MakeVector, make: Callable[..., PenEnv], form: str, mode: AutoresetMode
) -> None:
    options: dict[str, Any] = {"observations": form, "settings": SHORT}
    ours = make_vector(3, autoreset_mode=mode, **options)
    theirs = SyncVectorEnv([lambda: make(**options) for _ in range(3)], autoreset_mode=mode)
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.metadata == theirs.metadata
    for number, (one, other) in enumerate(zip(run(ours, 50), run(theirs, 50), strict=True)):
        assert same_infos(one, other), f"answer {number}"


def same_infos(one: Any, other: Any) -> bool:
    """As `same`, with arrays of objects, as `final_obs`, compared one by one."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same_infos(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return all(same_infos(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, np.ndarray) and one.dtype == object:
        return all(same_infos(*pair) for pair in zip(one, other, strict=True))
    return same(one, other)


def test_episodes_end_in_both_ways_while_that_was_compared(make_vector: MakeVector) -> None:
    steps = run(make_vector(3, settings=SHORT), 50)[1:]
    assert any(step[2].any() for step in steps) and any(step[3].any() for step in steps)


def test_make_vec_makes_it() -> None:
    environment = gymnasium.make_vec("avg_vision/CreateMover-v0", num_envs=2, render_mode="rgb_array", view="above")
    assert isinstance(environment.unwrapped, PenVectorEnv)
    assert environment.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    environment.reset(seed=1)
    pictures = environment.render()
    assert pictures is not None and len(pictures) == 2 and not same(pictures[0], pictures[1])
    environment.close()


def test_make_vec_of_gymnasiums_kinds_works_too() -> None:
    for mode in ("sync", "async"):
        environment = gymnasium.make_vec("avg_vision/CreateReacher-v0", num_envs=2, vectorization_mode=mode)
        environment.reset(seed=1)
        environment.step(environment.action_space.sample())
        environment.close()


def test_episode_statistics_of_gymnasiums_own_are_counted(make_vector: MakeVector) -> None:
    environment = gymnasium.wrappers.vector.RecordEpisodeStatistics(
        make_vector(2, settings={"task.timeLimitSteps": 4, "task.minimumTargetArea": 1})
    )
    environment.reset(seed=1)
    for _ in range(4):
        *_, infos = environment.step(np.zeros((2, 2), np.float32))
    assert list(infos["episode"]["l"]) == [4, 4] and list(infos["episode"]["r"]) == [-4, -4]


@pytest.mark.parametrize("actions", [np.zeros((2, 2)), np.zeros((3, 3)), np.full((3, 2), np.nan), np.zeros(2)])
def test_wrong_actions_are_refused_and_nothing_is_lost(make_vector: MakeVector, actions: Any) -> None:
    environment = make_vector(3)
    environment.reset(seed=1)
    with pytest.raises(ValueError, match="action"):
        environment.step(actions)
    environment.step(np.zeros((3, 2), np.float32))


@pytest.mark.parametrize(
    "options",
    [{"reset_mask": np.zeros(3, np.bool_)}, {"reset_mask": np.ones(2, np.bool_)}, {"reset_mask": [1, 0, 1]}],
)
def test_a_wrong_mask_is_refused(make_vector: MakeVector, options: dict[str, Any]) -> None:
    environment = make_vector(3)
    environment.reset(seed=1)
    with pytest.raises(ValueError, match="reset_mask"):
        environment.reset(options=options)


def test_seeds_must_be_as_many_as_pens(make_vector: MakeVector) -> None:
    environment = make_vector(3)
    with pytest.raises(ValueError, match="3 seeds are needed, not 2"):
        environment.reset(seed=[1, 2])
    environment.reset(seed=[1, None, 3])


@pytest.mark.parametrize("count", [0, 1025])
def test_so_many_pens_there_cannot_be(make_vector: MakeVector, count: int) -> None:
    with pytest.raises((ServerError, ValueError), match="environments"):
        make_vector(count)
