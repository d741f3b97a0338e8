#!/usr/bin/env bash
# Gymnasium 1.4.0 (NumPy 2.4.6), Python 3.11.
#
# MaxAndSkipObservation repeats an action and gives the maximum of the last two observations. It fills its two places at
# the last two of the repeats only. Where an episode ends before them, the observation at the end is that of the step
# before; in the first step of an episode, that of an episode before, or zeros. It is the one that a learner bootstraps
# from when the time has run out, and TimeLimit cuts wherever it falls.
#
# Output seen (actions repeated 4 times; an environment that observes minus its steps, so that the maximum of two is the
# older; at the end of an episode of so many steps):
#   6 steps: the last observation is 3 steps old, right would be 1
#   7 steps: the last observation is 3 steps old, right would be 1
#   8 steps: the last observation is 1 steps old, right would be 1
#   9 steps: the last observation is 2 steps old, right would be 1
#   2 steps: the last observation is 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q gymnasium==1.4.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'P'
import sys

import gymnasium
import numpy
from gymnasium.wrappers import MaxAndSkipObservation, TimeLimit


class Steps(gymnasium.Env):
    """Observes minus the number of its steps, over all episodes."""

    observation_space = gymnasium.spaces.Box(-numpy.inf, 0, (1,), numpy.float32)
    action_space = gymnasium.spaces.Discrete(2)
    steps = 100

    def observation(self):
        return numpy.array([-self.steps], numpy.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation(), {}

    def step(self, action):
        self.steps += 1
        return self.observation(), 1.0, False, False, {}


def last(environment):
    environment.reset()
    truncated = False
    while not truncated:
        observation, _, _, truncated, _ = environment.step(0)
    return observation


ages = {}
for length in (6, 7, 8, 9):
    environment = MaxAndSkipObservation(TimeLimit(Steps(), length), skip=4)
    ages[length] = int(environment.unwrapped.steps + last(environment)[0]) + length
    print(f"{length} steps: the last observation is {ages[length]} steps old, right would be 1")
short = float(last(MaxAndSkipObservation(TimeLimit(Steps(), 2), skip=4))[0])
print(f"2 steps: the last observation is {short:.0f}")
sys.exit(ages != {6: 3, 7: 3, 8: 1, 9: 2} or short != 0)
P
