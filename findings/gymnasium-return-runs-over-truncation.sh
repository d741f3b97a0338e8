#!/usr/bin/env bash
# Gymnasium 1.4.0, NumPy 2.4.6, Python 3.11.
#
# NormalizeReward divides rewards by the deviation of the discounted return. When an episode *terminates* it forgets
# that return but for the last reward; when one is truncated it does not, nor in reset(). In an environment that only
# times out (HalfCheetah-v5, Pendulum-v1, most of DeepMind Control) the return never starts anew: with a reward of 1, a
# discount of 0.99 and episodes of 10 steps it stands at 95, where it ought to run from 1 to 9.6.
#
# Output seen:
#   return of the first step of the 31st episode: truncated 95.1, terminated 2.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q gymnasium==1.4.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'P'
import sys
import gymnasium, numpy


class TenSteps(gymnasium.Env):
    observation_space = action_space = gymnasium.spaces.Box(-1, 1, (1,))

    def __init__(self, terminates):
        self.terminates = terminates

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return numpy.zeros(1, numpy.float32), {}

    def step(self, action):
        self.steps += 1
        is_last = self.steps == 10
        return numpy.zeros(1, numpy.float32), 1.0, is_last and self.terminates, is_last and not self.terminates, {}


def return_of_first_step(terminates):
    """The discounted return that is kept after 30 episodes, a reset and one step."""
    environment = gymnasium.wrappers.NormalizeReward(TenSteps(terminates), gamma=0.99)
    for _ in range(30):
        environment.reset()
        for _ in range(10):
            environment.step(numpy.zeros(1))
    environment.reset()
    environment.step(numpy.zeros(1))
    return environment.discounted_reward.item()


truncated, terminated = return_of_first_step(False), return_of_first_step(True)
print(f"return of the first step of the 31st episode: truncated {truncated:.1f}, terminated {terminated:.1f}")
sys.exit(not (95 < truncated < 95.3 and 1.9 < terminated < 2.0))
P
