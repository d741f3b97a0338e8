"""One peer in a process of its own: it takes turns, asked for on standard input as JSON, a line each.

`python worker.py MODULE.CLASS` first prints how long it took from the process's start to the first action and
to the end of the first learning step (shared encoder), and the memory resident then; afterwards, for each line
{"name": "learningStep"|"inference", "encoder": "shared"|"separate", "steps": N}, the milliseconds of N runs.
"""

import importlib
import json
import os
import sys
import time

import numpy as np

from description import initial_weights, read_reference

OBSERVATIONS = 16
WARM_UP = 20


def peer_class(name):
    """The class that `name` (MODULE.CLASS) names."""
    # Imported only here: nobody pays for a library that is not the peer's own.
    module_name, class_name = name.split(".")
    return getattr(importlib.import_module(module_name), class_name)


def seconds_since_start():
    """Since this process started, in the kernel's steps of 10 ms (proc(5), stat, field 22)."""
    with open("/proc/self/stat") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def resident_mebibytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


class Learner:
    """A peer on random images, as `avg-vision benchmark` has its own."""

    def __init__(self, chosen, description, tensors, encoder):
        description = description.for_timing(encoder)
        self.peer = chosen(description, initial_weights(tensors, description.shared))
        channels, height, width = description.image_shape
        shape = (channels, height, width) if chosen.layout == "CHW" else (height, width, channels)
        random = np.random.default_rng(1)
        self.observations = [
            (
                random.integers(0, 256, shape, dtype=np.uint8),
                random.standard_normal(description.proprioception_count, dtype=np.float32),
            )
            for _ in range(OBSERVATIONS)
        ]
        self.steps = 0

    def inference(self):
        self.steps += 1
        self.peer.infer(*self.observations[self.steps % OBSERVATIONS])

    def act(self):
        self.steps += 1
        self.peer.act(*self.observations[self.steps % OBSERVATIONS])

    def learn(self):
        self.peer.learn(-0.1, self.steps % 50 == 0, *self.observations[(self.steps + 1) % OBSERVATIONS])

    def learningStep(self):
        self.act()
        self.learn()

    def take_turn(self, name, steps):
        """Milliseconds of the processor, in all threads, for each of `steps` runs, after some that do not count."""
        run = getattr(self, name)
        for _ in range(WARM_UP):
            run()
        times = np.empty(steps + 1)
        times[0] = time.process_time()
        for index in range(steps):
            run()
            times[index + 1] = time.process_time()
        return (1e3 * np.diff(times)).tolist()


def main():
    chosen = peer_class(sys.argv[1])
    description, tensors = read_reference()
    learners = {"shared": Learner(chosen, description, tensors, "shared")}
    learners["shared"].act()
    first_action = seconds_since_start()
    learners["shared"].learn()
    report = {
        "name": chosen.name,
        "version": sys.modules[chosen.library].__version__,
        "firstActionSeconds": first_action,
        "firstStepSeconds": seconds_since_start(),
        "residentMebibytes": resident_mebibytes(),
    }
    print(json.dumps(report), flush=True)
    for line in sys.stdin:
        turn = json.loads(line)
        encoder = turn["encoder"]
        if encoder not in learners:
            learners[encoder] = Learner(chosen, description, tensors, encoder)
        print(json.dumps(learners[encoder].take_turn(turn["name"], turn["steps"])), flush=True)


if __name__ == "__main__":
    main()
