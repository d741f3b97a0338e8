"""Trains this program's SAC and Stable-Baselines3's with the same seeds: see compare-batch."""

import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

from library import PROGRAM, REPOSITORY, fail, measure
from sb3_sac import configuration

TRAIN = pathlib.Path(__file__).with_name("train.py")
SIDES = {"sb3": "Stable-Baselines3", "ours": "avg-vision"}
# A row of the table for each of so many equal stretches of steps.
STRETCHES = 5


def place(options, task, side, seed):
    return options.folder / f"{task}-{options.steps}" / f"{side}-{seed}"


def train(options, task, side, seed):
    """Does one training, unless it has ended before."""
    folder = place(options, task, side, seed)
    if (folder / "result.json").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"compare-batch: {task}, {SIDES[side]}, seed {seed}: {options.steps:,} steps", file=sys.stderr, flush=True)
    command = {
        "sb3": [sys.executable, TRAIN, task, folder, options.steps, seed],
        "ours": [PROGRAM, "train", configuration(task), "--python", sys.executable, "--steps", options.steps, "--seed", seed,
                 "--output", folder, "--quiet"],
    }[side]
    cost = measure([str(word) for word in command], folder)
    (folder / "result.new").write_text(json.dumps(cost) + "\n")
    (folder / "result.new").rename(folder / "result.json")


def read(options, task, side):
    """What each seed's training came to: (seed, {step: return of the episode that ended there}, cost)."""
    runs = []
    for seed in options.seeds:
        folder = place(options, task, side, seed)
        if (folder / "result.json").exists():
            with (folder / "episodes.csv").open() as file:
                episodes = [(int(line["step"]), float(line["return"])) for line in csv.DictReader(file)]
            runs.append((seed, episodes, json.loads((folder / "result.json").read_text())))
    return runs


def mean_return(episodes, first, end):
    returns = [total for step, total in episodes if first < step <= end]
    return statistics.fmean(returns) if returns else None


def cell(number):
    return "–" if number is None else f"{number:,.0f}"


def verdict(sides):
    """Whether the mean of our last returns lies among those of SB3's seeds."""
    last = {side: [numbers[-1] for numbers in rows if numbers[-1] is not None] for side, rows in sides.items()}
    if len(last["sb3"]) < 2 or not last["ours"]:
        return ""
    low, high = min(last["sb3"]), max(last["sb3"])
    means = {side: statistics.fmean(numbers) for side, numbers in last.items()}
    where = "within" if low <= means["ours"] <= high else "below" if means["ours"] < low else "above"
    return (
        f"In the last stretch the mean of our seeds is {means['ours']:,.0f}, {where} the range of Stable-Baselines3's, "
        f"{low:,.0f} to {high:,.0f}, whose mean is {means['sb3']:,.0f}.")


def task_table(options, task):
    """The lines of one task; none if nothing has ended."""
    runs = {side: read(options, task, side) for side in SIDES}
    if not any(runs.values()):
        return []
    ends = [options.steps * (index + 1) // STRETCHES for index in range(STRETCHES)]
    sides = {
        side: [[mean_return(episodes, end - options.steps // STRETCHES, end) for end in ends] for _, episodes, _ in found]
        for side, found in runs.items()
    }
    names = [f"{SIDES[side]}, seed {seed}" for side, found in runs.items() for seed, _, _ in found]
    columns = [numbers for rows in sides.values() for numbers in rows]
    lines = [f"**{task}**", "", "| mean return to step | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for index, end in enumerate(ends):
        lines.append(f"| {end:,} | " + " | ".join(cell(numbers[index]) for numbers in columns) + " |")
    costs = [cost for found in runs.values() for _, _, cost in found]
    times = [f"{1000 * cost['processorSeconds'] / options.steps:.1f} ms" for cost in costs]
    lines.append("| processor time a step | " + " | ".join(times) + " |")
    lines.append("| peak memory | " + " | ".join(f"{cost['peakMebibytes']:,} MiB" for cost in costs) + " |")
    return [*lines, "", *([verdict(sides), ""] if verdict(sides) else [])]


def main():
    parser = argparse.ArgumentParser(prog="compare-batch learning")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tasks", default="Hopper-v4,HalfCheetah-v4", type=lambda text: text.split(","))
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--seeds", default="1,2,3", type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    if not options.table:
        for seed in options.seeds:
            for task in options.tasks:
                for side in SIDES:
                    train(options, task, side, seed)
    lines = [line for task in options.tasks for line in task_table(options, task)]
    if not lines:
        fail(f"{options.folder}: no training of {options.steps:,} steps has ended")
    table = "\n".join(lines[:-1]) + "\n"
    (options.folder / "table.md").write_text(table)
    print(table, end="")
    if options.page:
        subprocess.run([REPOSITORY / "docs/update-page", options.folder.parent, REPOSITORY / "docs/benchmarks.md"], check=True)


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    main()
