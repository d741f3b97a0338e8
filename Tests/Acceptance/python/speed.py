"""Measures steps per second of one environment and of four in one process, in blocks of 200 steps: the mean of all, and
the fastest block, which tells of the program where other programs take the processor. Fails below 4,000 in the fastest.
"""
import time

import gymnasium
import numpy as np

import avg_vision  # noqa: F401 (registers the environments)
from library import fail

LEAST, BLOCKS, STEPS = 4000, 40, 200


def measure(count: int, form: str) -> float:
    """Prints steps per second, and gives those of the fastest block."""
    name = "avg_vision/CreateReacher-v0"
    if count == 1:
        environment = gymnasium.make(name, observations=form).unwrapped
    else:
        environment = gymnasium.make_vec(name, num_envs=count, observations=form)
    shape = (2,) if count == 1 else (count, 2)
    actions = np.random.default_rng(0).uniform(-1, 1, (64, *shape)).astype(np.float32)
    environment.reset(seed=1)
    times = []
    for block in range(BLOCKS):
        began = time.perf_counter()
        for index in range(STEPS):
            _, _, terminated, truncated, _ = environment.step(actions[index % len(actions)])
            if count == 1 and (terminated or truncated):
                environment.reset()
        times.append(time.perf_counter() - began)
    environment.close()
    mean, best = (count * STEPS / seconds for seconds in (sum(times) / BLOCKS, min(times)))
    print(f"{form}, {count} in one process: {mean:,.0f} steps/s, {best:,.0f} in the fastest block")
    return best


def main() -> None:
    for form in ("dict", "flat"):
        for count in (1, 4):
            if measure(count, form) < LEAST and form == "dict":
                fail(f"fewer than {LEAST} steps per second")


main()
