"""Steps a second of whole trainings on HalfCheetah-v4, and what the bridge costs a step: on a quiet machine."""

import os
import pathlib
import sys
import tempfile
import time

import gymnasium
import small_worlds  # noqa: F401  registers what is timed
from library import PROGRAM, run

os.environ["PYTHONPATH"] = f"{pathlib.Path(__file__).resolve().parent}:{os.environ.get('PYTHONPATH', '')}"
work = tempfile.TemporaryDirectory()
# MuJoCo writes its warnings into a file of the folder that it is started in.
os.chdir(work.name)
ROUNDS = 5


def seconds(command):
    began = time.monotonic()
    run(*command)
    return time.monotonic() - began


def training(steps, order):
    return seconds([
        PROGRAM, "train", "--gymnasium", "HalfCheetah-v4", "--python", sys.executable, "--steps", str(steps), "--quiet",
        "--output", f"{work.name}/{time.monotonic_ns()}", "--set", f"training.order={order}",
    ])


def alone(name, episodes, keywords):
    """The best time of a step in this process, in seconds."""
    environment = gymnasium.make(name, disable_env_checker=True, **keywords)
    environment.action_space.seed(1)
    best = float("inf")
    for _ in range(ROUNDS):
        steps, began = 0, time.perf_counter()
        actions = [environment.action_space.sample() for _ in range(100)]
        for _ in range(episodes):
            environment.reset()
            over = False
            while not over:
                _, _, terminated, truncated, _ = environment.step(actions[steps % 100])
                over = terminated or truncated
                steps += 1
        best = min(best, (time.perf_counter() - began) / steps)
    return best, steps / episodes


def bridged(name, length, *settings):
    """The best time of a step with a policy that draws at random, in seconds."""
    def evaluation(episodes):
        return seconds([
            PROGRAM, "evaluate", "--gymnasium", name, "--python", sys.executable, "--policy", "random", "--json",
            "--episodes", str(episodes), *settings,
        ])
    few, many = round(2000 / length) or 1, round(22000 / length)
    return min((evaluation(many) - evaluation(few)) / ((many - few) * length) for _ in range(ROUNDS))


for order in ["learnThenAct", "actThenLearn"]:
    best = min((training(30000, order) - training(10000, order)) / 20000 for _ in range(ROUNDS))
    print(f"training, {order}: {1 / best:,.0f} steps/s at best of {ROUNDS}", flush=True)
for name, keywords, config in [
    ("small/Nothing-v0", {}, None), ("small/Nothing-v0", {"image": True}, "image"), ("HalfCheetah-v4", {}, None)]:
    python, length = alone(name, 20, keywords)
    with open(f"{work.name}/config.yaml", "w") as file:
        words = '["image=True"]' if config else "[]"
        file.write(f"gymnasium:\n  imports: [small_worlds]\n  keywords: {words}\n  frameStack: 1\n")
    whole = bridged(name, length, "--config", file.name)
    print(
        f"{name} {keywords or ''}: {1e6 * python:.1f} µs a step in Python alone, {1e6 * whole:.1f} µs through the bridge, "
        f"{1e6 * (whole - python):.1f} µs more",
        flush=True,
    )
