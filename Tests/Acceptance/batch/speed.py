"""Times updates of SAC from batches, this program's and PyTorch's in turns on one core: see compare-batch."""

import argparse
import json
import pathlib
import subprocess
import sys
from statistics import median

from library import PROGRAM, fail

FOLDER = pathlib.Path(__file__).resolve().parent
# Of each row: the peer's learner, the batch, the updates in a turn.
ROWS = {
    "vectors-256": ("vectors", 256, 40),
    "vectors-1": ("vectors", 1, 200),
    "pixels-16": ("pixels", 16, 3),
    "pixels-256": ("pixels", 256, 1),
}
NETWORKS = {"vectors": ["vectors"], "pixels": ["relod", "--hidden-units", 1024]}


class Peer:
    """A worker that waits, without using the processor, until it has a turn."""

    def __init__(self, kind, batch, pin):
        command = [*pin, sys.executable, "-W", "ignore", FOLDER / "worker.py", kind, str(batch)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def take_turn(self, updates):
        """The times of one turn in milliseconds, and what else the peer has to tell."""
        print(updates, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            fail("a peer ended early; its own words stand above")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def benchmark(arguments, pin):
    """What the program's benchmark reports."""
    command = [*pin, PROGRAM, "benchmark", "--json", "--stage", "learningStep", "--encoder", "shared", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def widest_set(pin):
    """The instruction set with the highest peak."""
    peaks = benchmark(["--network", "vectors", "--steps", 1, "--warm-up", 0], pin)["peaks"]
    return max(peaks, key=peaks.get)


def take_own_turn(kind, batch, updates, instruction_set, pin):
    """The report on one turn."""
    network, *more = NETWORKS[kind]
    arguments = ["--algorithm", "sac", "--network", network, *more, "--batch", batch, "--steps", updates]
    return benchmark([*arguments, "--instruction-set", instruction_set, "--warm-up", 1 if kind == "pixels" else 100], pin)


def time_row(name, options, instruction_set, pin):
    kind, batch, updates = ROWS[name]
    peer = Peer(kind, batch, pin)
    theirs, ours, shares = [], [], []
    for index in range(options.rounds):
        for side in ("peer", "own") if index % 2 else ("own", "peer"):
            if side == "peer":
                told = peer.take_turn(updates)
                theirs.append(median(told["times"]))
            else:
                report = take_own_turn(kind, batch, updates, instruction_set, pin)
                (row,) = report["rows"]
                ours.append(row["medianMilliseconds"])
                shares.append(row["shareOfPeak"])
        print(f"compare-batch: {name}, round {index + 1} of {options.rounds}", file=sys.stderr)
    peer.close()
    ratios = sorted(their / our for their, our in zip(theirs, ours))
    return {
        "row": name, "peer": told["version"], "peerMilliseconds": median(theirs), "milliseconds": median(ours),
        "ratio": median(ratios), "lowestRatio": ratios[0], "highestRatio": ratios[-1], "shareOfPeak": median(shares),
        "updatesPerSecond": 1000 / median(ours), "samplesPerSecond": 1000 * batch / median(ours),
        "peerMebibytes": told["mebibytes"], "mebibytes": report["peakMebibytes"], "cpu": report["cpu"],
        "instructionSet": instruction_set,
    }


def main():
    parser = argparse.ArgumentParser(prog="compare-batch speed")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each (default 7)")
    parser.add_argument("--core", type=int, default=1, help="the core that all run on (default 1)")
    parser.add_argument("--rows", default=",".join(ROWS), type=lambda text: text.split(","))
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    if unknown := set(options.rows) - ROWS.keys():
        parser.error(f"there is no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    pin = ["taskset", "-c", str(options.core)]
    instruction_set = widest_set(pin)
    results = [time_row(name, options, instruction_set, pin) for name in options.rows]
    print(f"\n{results[0]['cpu']}, {results[0]['instructionSet']}, core {options.core}, one thread; processor time of an update, "
          f"medians of {options.rounds} rounds;\nmemory: the most resident, beside the transitions that were kept\n")
    print("| SAC, batch | PyTorch | ours | ratio, each round | share of peak | samples a second | memory, PyTorch | ours |")
    print("|---|---|---|---|---|---|---|---|")
    for found in results:
        print(
            f"| {found['row']} | {found['peerMilliseconds']:,.2f} ms | {found['milliseconds']:,.2f} ms | "
            f"{found['ratio']:.1f} ({found['lowestRatio']:.1f} to {found['highestRatio']:.1f}) | "
            f"{100 * found['shareOfPeak']:.0f} % | {found['samplesPerSecond']:,.0f} | {found['peerMebibytes']:,.0f} MiB | "
            f"{found['mebibytes']:,.0f} MiB |")
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


main()
