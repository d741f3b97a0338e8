"""Times this program and its peers in turn on one core, and prints the ratios: see compare-peers."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from check import check
from description import read_reference
from library import PROGRAM, fail
from worker import peer_class

FOLDER = Path(__file__).resolve().parent
PEERS = ["torch_peers.TorchPublished", "torch_peers.TorchTuned", "jax_peer.JAXPeer", "jax_peer.JAXTuned"]
ROWS = [(name, encoder) for encoder in ("shared", "separate") for name in ("learningStep", "inference")]


class Peer:
    """A worker that waits, without using the processor, until it has a turn."""

    def __init__(self, kind, pin):
        self.process = subprocess.Popen(
            [*pin, sys.executable, FOLDER / "worker.py", kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.report = self._read()
        self.name = self.report["name"]

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            fail("a peer ended early; its own words stand above")
        return json.loads(line)

    def take_turn(self, name, encoder, steps):
        """Median and minimum of one turn, in milliseconds."""
        print(json.dumps({"name": name, "encoder": encoder, "steps": steps}), file=self.process.stdin, flush=True)
        times = self._read()
        return median(times), min(times)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Program:
    """This program, started anew for each turn."""

    name = "avg-vision"

    def __init__(self, pin):
        self.pin = pin
        self.report = self._benchmark("inference", "shared", 20)
        self.report["instructionSet"] = max(self.report["peaks"], key=self.report["peaks"].get)

    def _benchmark(self, name, encoder, steps):
        arguments = ["benchmark", "--json", "--network", "relod", "--stage", name, "--encoder", encoder]
        arguments += ["--steps", steps]
        if hasattr(self, "report"):
            arguments += ["--instruction-set", self.report["instructionSet"]]
        command = [*self.pin, PROGRAM, *map(str, arguments)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def take_turn(self, name, encoder, steps):
        (row,) = self._benchmark(name, encoder, steps)["rows"]
        assert (row["name"], row["encoder"]) == (name, encoder)
        return row["medianMilliseconds"], row["minimumMilliseconds"]

    def close(self):
        pass


def take_rounds(subjects, rounds, steps):
    """Every subject's turns, {(subject, name, encoder): [(median, minimum) of each round]}."""
    turns = {}
    for index in range(rounds):
        # Each round begins with another subject, so that none always runs after the same one.
        order = subjects[index % len(subjects) :] + subjects[: index % len(subjects)]
        for name, encoder in ROWS:
            for subject in order:
                turns.setdefault((subject.name, name, encoder), []).append(subject.take_turn(name, encoder, steps))
        print(f"compare-peers: round {index + 1} of {rounds}", file=sys.stderr)
    return turns


def summarise(turns):
    """A row per subject, name and encoder. Ratios are taken within each round."""
    rows = []
    for (subject, name, encoder), times in turns.items():
        own = turns[Program.name, name, encoder]
        medians = [time for time, _ in times]
        ratios = sorted(time / ours for time, (ours, _) in zip(medians, (turn for turn in own)))
        rows.append({
            "subject": subject, "name": name, "encoder": encoder, "medianMilliseconds": median(medians),
            "lowestMedianMilliseconds": min(medians), "highestMedianMilliseconds": max(medians),
            "minimumMilliseconds": min(shortest for _, shortest in times),
            "ratio": median(ratios), "lowestRatio": ratios[0], "highestRatio": ratios[-1],
        })
    return rows


def print_table(subjects, rows):
    for name, encoder in ROWS:
        print(f"\n{name}, {encoder} encoder{'s' if encoder == 'separate' else ''}")
        print(f"  {'':22}{'median ms':>10}{'of rounds':>18}{'minimum':>10}{'ratio':>8}{'of rounds':>16}")
        for row in rows:
            if (row["name"], row["encoder"]) == (name, encoder):
                spread = f"{row['lowestMedianMilliseconds']:.3f}…{row['highestMedianMilliseconds']:.3f}"
                ratios = f"{row['lowestRatio']:.2f}…{row['highestRatio']:.2f}"
                print(
                    f"  {row['subject']:22}{row['medianMilliseconds']:10.3f}{spread:>18}"
                    f"{row['minimumMilliseconds']:10.3f}{row['ratio']:8.2f}{ratios:>16}"
                )
    print(f"\n  {'':22}{'resident MiB':>13}{'first action s':>16}{'first step s':>14}  version")
    for subject in subjects:
        report = subject.report
        first_step = f"{report['firstStepSeconds']:.2f}" if "firstStepSeconds" in report else ""
        print(
            f"  {subject.name:22}{report['residentMebibytes']:13.1f}{report['firstActionSeconds']:16.2f}"
            f"{first_step:>14}  {report.get('version') or report['instructionSet']}"
        )


def main():
    parser = argparse.ArgumentParser(prog="compare-peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="turns of each (default 11)")
    parser.add_argument("--steps", type=int, default=100, help="timed runs in a turn (default 100)")
    parser.add_argument("--core", type=int, default=1, help="the core that all run on (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--only-check", action="store_true", help="compare with the reference vectors, time nothing")
    options = parser.parse_args()

    if not check([peer_class(name) for name in PEERS], *read_reference()):
        fail("the peers do not compute the same; their times would mean nothing")
    if options.only_check:
        return
    pin = ["taskset", "-c", str(options.core)]
    subjects = [Program(pin)]
    subjects += [Peer(kind, pin) for kind in PEERS]
    rows = summarise(take_rounds(subjects, options.rounds, options.steps))
    print(f"\n{subjects[0].report['cpu']}, core {options.core}; ReLoD's encoder, batch 1; {options.rounds} rounds of "
          f"{options.steps} runs;\nratio: that round's median by this program's")
    print_table(subjects, rows)
    if options.json:
        figures = {"cpu": subjects[0].report["cpu"], "rounds": options.rounds, "steps": options.steps, "rows": rows}
        figures["subjects"] = [
            {"subject": s.name} | {key: value for key, value in s.report.items() if key != "rows"} for s in subjects
        ]
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    for subject in subjects:
        subject.close()


if __name__ == "__main__":
    main()
