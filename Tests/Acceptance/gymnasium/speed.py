"""Steps a second of whole trainings on HalfCheetah-v4, and what the bridge costs a step: on a quiet machine.

Processor time, of program and environment together, says something on a busy one too.
"""

import json
import os
import pathlib
import resource
import statistics
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


def processor_seconds(whose):
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def cost(command):
    """Seconds of a command, and processor seconds of it and what it starts."""
    began, processor = time.monotonic(), processor_seconds(resource.RUSAGE_CHILDREN)
    run(*command)
    return time.monotonic() - began, processor_seconds(resource.RUSAGE_CHILDREN) - processor


def least(few, many, steps):
    """The least seconds and processor seconds of a step: what the best of many takes more than the best of few."""
    rounds = [(few(), many()) for _ in range(ROUNDS)]
    return [(min(b[kind] for _, b in rounds) - min(a[kind] for a, _ in rounds)) / steps for kind in (0, 1)]


def training(order, rates):
    """Trainings of so many steps; the steps a second of each thousand go into `rates`."""
    def train(steps):
        folder = pathlib.Path(work.name, str(time.monotonic_ns()))
        spent = cost([
            PROGRAM, "train", "--gymnasium", "HalfCheetah-v4", "--python", sys.executable, "--steps", str(steps), "--quiet",
            "--output", folder, "--set", f"training.order={order}",
        ])
        for line in (folder / "metrics.jsonl").read_text().splitlines():
            rates.append(json.loads(line)["control/stepsPerSecond"])
        return spent
    return train


def alone(name, episodes, keywords):
    """The least seconds and processor seconds of a step in this process, and the steps of an episode."""
    environment = gymnasium.make(name, disable_env_checker=True, **keywords)
    environment.action_space.seed(1)
    rounds = []
    for _ in range(ROUNDS):
        steps, began, processor = 0, time.perf_counter(), processor_seconds(resource.RUSAGE_SELF)
        actions = [environment.action_space.sample() for _ in range(100)]
        for _ in range(episodes):
            environment.reset()
            over = False
            while not over:
                _, _, terminated, truncated, _ = environment.step(actions[steps % 100])
                over = terminated or truncated
                steps += 1
        spent = time.perf_counter() - began, processor_seconds(resource.RUSAGE_SELF) - processor
        rounds.append([value / steps for value in spent])
    return min(elapsed for elapsed, _ in rounds), min(processor for _, processor in rounds), steps / episodes


def bridged(name, length, *settings):
    """The least seconds and processor seconds of a step with a policy that draws at random."""
    def evaluation(episodes):
        return lambda: cost([
            PROGRAM, "evaluate", "--gymnasium", name, "--python", sys.executable, "--policy", "random", "--json",
            "--episodes", str(episodes), *settings,
        ])
    few, many = round(2000 / length) or 1, round(22000 / length)
    return least(evaluation(few), evaluation(many), (many - few) * length)


for order in ["learnThenAct", "actThenLearn"]:
    rates = []
    train = training(order, rates)
    _, processor = least(lambda: train(10000), lambda: train(30000), 20000)
    print(
        f"training, {order}: {statistics.median(rates):,.0f} steps/s, the median thousand of {len(rates)}, "
        f"{max(rates):,.0f} the fastest; {1e6 * processor:.0f} µs of processor time a step",
        flush=True)
for name, keywords, config in [
    ("small/Nothing-v0", {}, None), ("small/Nothing-v0", {"image": True}, "image"), ("HalfCheetah-v4", {}, None)]:
    python, python_processor, length = alone(name, 20, keywords)
    with open(f"{work.name}/config.yaml", "w") as file:
        words = '["image=True"]' if config else "[]"
        file.write(f"gymnasium:\n  imports: [small_worlds]\n  keywords: {words}\n  frameStack: 1\n")
    whole, processor = bridged(name, length, "--config", file.name)
    print(
        f"{name} {keywords or ''}: {1e6 * python:.1f} µs a step in Python alone, {1e6 * whole:.1f} µs through the bridge, "
        f"{1e6 * (whole - python):.1f} µs more; of processor time {1e6 * python_processor:.1f} and {1e6 * processor:.1f} µs",
        flush=True,
    )
