"""What an environment is to those who learn in it."""

from __future__ import annotations

import math
import os
import resource
import select
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import avg_vision
import gymnasium
import numpy as np
import pytest
from avg_vision import PenEnv, ServerError
from conftest import PATIENCE, lose_patience
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

Make = Callable[..., PenEnv]
FORMS = ["dict", "float-dict", "flat", "image"]


def actions(count: int, seed: int = 0) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    random = np.random.default_rng(seed)
    return [random.uniform(-1, 1, 2).astype(np.float32) for _ in range(count)]


def run(environment: PenEnv, seed: int, count: int) -> list[Any]:
    """Everything that an environment says in `count` steps, new episodes in between."""
    said: list[Any] = [environment.reset(seed=seed)]
    for action in actions(count):
        said.append(environment.step(action))
        if said[-1][2] or said[-1][3]:
            said.append(environment.reset())
    return said


def same(first: Any, second: Any) -> bool:
    """Whether two things are the same to the bit."""
    if isinstance(first, dict):
        return bool(first.keys() == second.keys()) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, tuple | list):
        return len(first) == len(second) and all(same(one, other) for one, other in zip(first, second, strict=True))
    if isinstance(first, np.ndarray):
        pairs = (first.dtype, second.dtype), (first.shape, second.shape), (first.tobytes(), second.tobytes())
        return all(one == other for one, other in pairs)
    return bool(first == second)


@pytest.mark.parametrize("form", FORMS)
def test_gymnasiums_checker_has_nothing_to_say_about_any_form(form: str) -> None:
    environment = gymnasium.make("avg_vision/CreateReacher-v0", observations=form, render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(environment.unwrapped)
    environment.close()


@pytest.mark.parametrize("identity", sorted(name for name in gymnasium.registry if name.startswith("avg_vision/")))
def test_every_registered_environment_runs(identity: str) -> None:
    environment = gymnasium.make(identity)
    observation, _ = environment.reset(seed=1)
    assert observation in environment.observation_space
    for action in actions(3):
        observation, reward, *_ = environment.step(action)
        assert observation in environment.observation_space
        assert math.isfinite(float(reward))
    environment.close()


def test_the_harder_worlds_are_registered_for_both_tasks() -> None:
    for world in avg_vision.world_names():
        name = "".join(word.capitalize() for word in world.split("-"))
        assert f"avg_vision/CreateReacher{name}-v0" in gymnasium.registry
        assert world == "large-pen" or f"avg_vision/CreateMover{name}-v0" in gymnasium.registry
    assert len(avg_vision.world_names()) == 19


@pytest.mark.parametrize("options", [{}, {"world": "domain-randomization"}, {"task": "create-mover"}])
def test_the_same_seed_and_actions_give_the_same_bytes(make: Make, options: dict[str, Any]) -> None:
    options = {**options, "settings": {"task.timeLimitSteps": 40}}
    first = run(make(**options), 7, 100)
    again = make(**options)
    assert same(first, run(again, 7, 100)), "in another process"
    assert same(first, run(again, 7, 100)), "in the same process, later"
    assert not same(first, run(again, 8, 100))


def test_the_forms_show_the_same(make: Make) -> None:
    said = {form: [one[0] for one in run(make(observations=form), 3, 5)] for form in FORMS}
    space = make(observations="float-dict").observation_space
    for exact, floats, flat, image in zip(*(said[form] for form in FORMS), strict=True):
        assert same(exact["image"], image)
        assert same((exact["image"] / np.float32(255)).astype(np.float32), floats["image"])
        assert same(exact["proprioception"], floats["proprioception"])
        assert same(gymnasium.spaces.flatten(space, floats), flat)


def test_frames_are_stacked_with_the_newest_last(make: Make) -> None:
    environment = make()
    first, _ = environment.reset(seed=1)
    oldest, middle, newest = np.split(first["image"], 3, axis=2)
    assert same(oldest, newest) and same(middle, newest)
    assert same(environment.picture("camera"), newest)
    second, *_ = environment.step(np.array([1, -1], np.float32))
    assert same(second["image"][..., :6], first["image"][..., 3:])
    assert not same(second["image"][..., 6:], first["image"][..., 6:])
    assert list(second["proprioception"][6:]) == [1, -1]


def test_what_was_observed_stays_as_it_was(make: Make) -> None:
    environment = make()
    first, _ = environment.reset(seed=1)
    before = first["image"].copy()
    for action in actions(10):
        environment.step(action)
    assert same(first["image"], before)


def test_the_goal_ends_an_episode_and_the_time_limit_cuts_it_off(make: Make) -> None:
    # So small a share of the image is soon in sight of a robot that turns.
    environment = make(settings={"task.minimumTargetArea": 0.01})
    environment.reset(seed=2)
    for _ in range(200):
        _, reward, terminated, truncated, info = environment.step(np.array([0.3, -0.3], np.float32))
        assert reward == -1
        if terminated:
            break
    assert terminated and not truncated and info["is_success"]
    environment = make(settings={"task.timeLimitSteps": 3})
    environment.reset(seed=2)
    ends = [environment.step(np.zeros(2, np.float32))[2:] for _ in range(3)]
    assert [end[:2] for end in ends] == [(False, False), (False, False), (False, True)]
    assert not ends[-1][2]["is_success"]


def test_create_mover_is_paid_for_the_distance(make: Make) -> None:
    environment = make(task="create-mover")
    environment.reset(seed=1)
    _, reward, _, _, info = environment.step(np.ones(2, np.float32))
    _, reward, _, _, info = environment.step(np.ones(2, np.float32))
    assert info["distance_mm"] > 10
    assert reward == pytest.approx(0.15 * info["distance_mm"], rel=1e-6)


def test_a_step_without_a_present_image_is_stale(make: Make) -> None:
    environment = make(settings={"simulation.droppedFrameShare": 0.8})
    environment.reset(seed=1)
    infos = [environment.step(action)[-1] for action in actions(10)]
    assert any(info["is_stale"] for info in infos)


def test_render_shows_the_camera_or_the_pen_from_above() -> None:
    for view, shape in (("camera", (90, 160, 3)), ("above", (384, 504, 3))):
        environment = gymnasium.make("avg_vision/CreateReacher-v0", render_mode="rgb_array", view=view)
        environment.reset(seed=1)
        first = environment.render()
        for action in actions(5):
            environment.step(action)
        assert isinstance(first, np.ndarray) and first.shape == shape and first.dtype == np.uint8
        assert not same(first, environment.render())
        assert environment.metadata["render_fps"] == 22
        environment.close()


def test_a_picture_that_there_is_not_is_refused_and_nothing_is_lost(make: Make) -> None:
    environment = make()
    environment.reset(seed=1)
    with pytest.raises(ValueError, match="there is no 'below'. There are camera, above"):
        environment.picture("below")
    assert environment.picture("above").shape == (384, 504, 3)


def test_a_recording_of_gymnasiums_own_takes_the_pictures(make: Make) -> None:
    environment = gymnasium.wrappers.RenderCollection(make(render_mode="rgb_array", view="above"))
    environment.reset(seed=1)
    environment.step(np.zeros(2, np.float32))
    assert len(environment.render()) == 2


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (np.zeros(3, np.float32), r"shape \(2,\) is needed, not \(3,\)"),
        (np.float32(0), r"shape \(2,\) is needed, not \(\)"),
        (np.zeros((1, 2), np.float32), r"shape \(2,\) is needed"),
        (np.array([0, np.nan], np.float32), "finite"),
        (np.array([np.inf, 0], np.float32), "finite"),
        (["left", "right"], "could not convert"),
    ],
)
def test_a_wrong_action_is_refused_and_nothing_is_lost(make: Make, action: Any, words: str) -> None:
    environment = make()
    environment.reset(seed=1)
    with pytest.raises(ValueError, match=words):
        environment.step(action)
    environment.step(np.zeros(2, np.float32))


def test_a_step_without_an_episode_is_refused(make: Make) -> None:
    environment = make(settings={"task.timeLimitSteps": 1})
    with pytest.raises(ResetNeeded):
        environment.step(np.zeros(2, np.float32))
    environment.reset(seed=1)
    assert environment.step(np.zeros(2, np.float32))[3]
    with pytest.raises(ResetNeeded):
        environment.step(np.zeros(2, np.float32))
    environment.reset()
    environment.step(np.zeros(2, np.float32))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"observations": "pixels"}, ValueError, "there is no form 'pixels'"),
        ({"view": "below"}, ValueError, "there is no 'below'. There are camera, above"),
        ({"world": "moon"}, ValueError, "there is no 'moon'. There are camera-mount, "),
        ({"render_mode": "human"}, ValueError, "there is no 'human'"),
        ({"patience": 0}, ValueError, "patience"),
        ({"patience": "long"}, TypeError, "patience: a number of seconds is needed, not 'long'"),
        ({"settings": "task.timeLimitSteps=3"}, TypeError, "settings: a dictionary"),
        ({"settings": {"task.timeLimitSteps": object()}}, TypeError, "settings: task.timeLimitSteps: a number"),
        ({"speed": 3}, TypeError, "unknown option: speed"),
        ({"world": "nowhere/world.yaml"}, ServerError, "nowhere/world.yaml"),
        ({"settings": {"task.minimumTargetArea": 7}}, ServerError, "task.minimumTargetArea"),
        ({"settings": {"task.timeLimit": 7}}, ServerError, "timeLimit"),
        ({"task": "create-tea"}, ServerError, "create-tea"),
        ({"program": "/nowhere/avg-vision"}, ServerError, "program names /nowhere/avg-vision"),
    ],
)
def test_an_option_that_is_wrong_is_named(
    make: Make, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make(**options)


def test_numbers_of_numpy_and_paths_are_taken(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text("simulation: {lensDirt: 0.5}\n")
    environment = make(settings={"task.timeLimitSteps": np.int64(1), "simulation.lensDirt": np.float32(0.25)}, world=file)
    environment.reset(seed=1)
    assert environment.step(np.zeros(2, np.float32))[3]


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_that_is_none_is_refused(make: Make, seed: int) -> None:
    environment = make()
    with pytest.raises((ValueError, gymnasium.error.Error), match="(?i)seed"):
        environment.reset(seed=seed)
    environment.reset(seed=(1 << 64) - 1)


def test_without_a_seed_every_environment_is_another(make: Make) -> None:
    first, second = make(), make()
    assert not same(first.reset(), second.reset())


def test_the_program_is_missing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVG_VISION", "/nowhere")
    with pytest.raises(ServerError, match="the variable AVG_VISION names /nowhere"):
        make()
    monkeypatch.delenv("AVG_VISION")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServerError, match="was not found.*AVG_VISION.*PATH.*scripts/install"):
        make()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_program_is_killed(make: Make, number: signal.Signals) -> None:
    environment = make()
    environment.reset(seed=1)
    os.kill(environment._worlds.server._child.pid, number)
    with pytest.raises(ServerError, match=f"ended by signal {number.value}"):
        for _ in range(100):
            environment.step(np.zeros(2, np.float32))
    with pytest.raises(ServerError, match="cannot be used any more.*Make another"):
        environment.reset()
    environment.close()


def test_the_program_stands_still(make: Make) -> None:
    environment = make()
    environment.reset(seed=1)
    lose_patience(environment)
    os.kill(environment._worlds.server._child.pid, signal.SIGSTOP)
    with pytest.raises(ServerError, match="no answer within 1 s"):
        environment.step(np.zeros(2, np.float32))


def test_closing_ends_the_program_and_is_final(make: Make) -> None:
    environment = make()
    pid = environment._worlds.server._child.pid
    environment.reset(seed=1)
    environment.close()
    assert not os.path.exists(f"/proc/{pid}")
    environment.close()
    with pytest.raises(ServerError, match="it is closed"):
        environment.reset()


def test_an_environment_that_nobody_holds_ends_its_program() -> None:
    environment = PenEnv()
    pid = environment._worlds.server._child.pid
    del environment
    assert not os.path.exists(f"/proc/{pid}")


def test_a_learner_that_dies_ends_the_program(make: Make) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(PenEnv()._worlds.server._child.pid).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    pid = int(os.read(reader, 20))
    os.close(reader)
    os.close(writer)
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    has_ended = select.select([handle], [], [], PATIENCE)[0]
    os.close(handle)
    assert has_ended


def test_a_fork_cannot_use_what_it_did_not_make(make: Make) -> None:
    environment = make()
    environment.reset(seed=1)
    child = os.fork()
    if child == 0:
        try:
            environment.reset()
        except ServerError:
            environment.close()
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    environment.step(np.zeros(2, np.float32))


def test_too_many_open_files_leave_no_process_behind() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = len(os.listdir("/proc/self/fd"))
    try:
        for limit in range(free, free + 6):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            try:
                PenEnv().close()
            except (OSError, ServerError):
                continue
            break
        else:
            pytest.fail("six files more were not enough")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
