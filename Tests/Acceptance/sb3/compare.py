"""Trains this program and Stable-Baselines3 with the same seeds; see compare-sb3."""
import argparse
import csv
import json
import pathlib
import sys

from library import PROGRAM, measure

HEADING = """| learner, seed | steps | goals | last 100 episodes | 19 of 20 at | processor time a step | peak memory |
|---|---|---|---|---|---|---|"""
TRAIN = pathlib.Path(__file__).with_name("train.py")


def train(name: str, seed: int, steps: int, options: argparse.Namespace) -> None:
    """Does one training, unless its folder is there."""
    folder = options.folder / f"{name}-{seed}"
    if (folder / "summary.json").exists():
        return
    if name.startswith("avg"):
        command = [PROGRAM, "train", "--steps", str(steps), "--seed", str(seed), "--output", str(folder), "--quiet"]
        summary = measure(command, folder)
        (folder / "summary.json").write_text(json.dumps({"steps": steps, **summary}, indent=2) + "\n")
        return
    more = ["--batch", str(options.sac_batch), "--every", str(options.sac_every)] if name == "sac" else []
    partial = folder.with_name(folder.name + "-partial")
    measure([sys.executable, str(TRAIN), name, str(partial), "--steps", str(steps), "--seed", str(seed), *more], partial)
    partial.rename(folder)


def row(folder: pathlib.Path) -> str:
    """A line of the table."""
    summary = json.loads((folder / "summary.json").read_text())
    with (folder / "episodes.csv").open() as file:
        episodes = [(int(line["step"]), int(line["success"])) for line in csv.DictReader(file)]
    successes = [success for _, success in episodes]
    reached = next((episodes[end - 1][0] for end in range(20, len(episodes) + 1) if sum(successes[end - 20 : end]) >= 19), None)
    last = successes[-100:]
    cells = [
        folder.name,
        f"{summary['steps']:,}",
        f"{sum(successes)} of {len(episodes)}",
        f"{100 * sum(last) / max(1, len(last)):.0f} %",
        f"{reached:,}" if reached else "not reached",
        f"{1000 * summary['processorSeconds'] / summary['steps']:.1f} ms",
        f"{summary['peakMebibytes']:,} MiB",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seeds", default="101")
    parser.add_argument("--ppo", type=int, default=100_000)
    parser.add_argument("--sac", type=int, default=20_000)
    parser.add_argument("--sac-batch", type=int, default=64)
    parser.add_argument("--sac-every", type=int, default=4)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for seed in map(int, options.seeds.split(",")):
        for name, steps in (("avg", options.ppo), ("ppo", options.ppo), ("sac", options.sac)):
            if steps and not options.table:
                train(name, seed, steps, options)
    rows = [row(folder) for folder in sorted(options.folder.glob("*-[0-9]*")) if (folder / "episodes.csv").exists()]
    table = "\n".join([HEADING, *rows]) + "\n"
    (options.folder / "table.md").write_text(table)
    print(table, end="")


main()
