#!/usr/bin/env bash
# TorchRL 0.14.1 (tensordict 0.14.3, PyTorch 2.13.0 for CPU, Gymnasium 1.4.0, NumPy 2.4.6), Python 3.11.
#
# FrameSkipTransform(n) steps the environment n times, whether or not the episode has ended, and gives the flags of the
# last step and the sum of all rewards; Gymnasium's and Stable-Baselines3's wrappers stop at the end. An environment that is
# told to go on after its end does as it likes. The goal of MountainCarContinuous-v0 pays 100 once, here once for every step
# that is left: a drive that is worth 89 returns 389 or 788. And where the condition of the end no longer holds a step later,
# the end is never told: Acrobot swings through its line, and the episode goes on.
#
# Output seen (a policy that pushes the way the car moves; one that swings the acrobot up, ten seeds):
#   MountainCarContinuous-v0, 1 step for an action: return 89
#   MountainCarContinuous-v0, 4 steps for an action: return 389
#   MountainCarContinuous-v0, 8 steps for an action: return 788
#   Acrobot-v1, 8 steps for an action: 27 times at its goal, told 5 times
# Source: https://github.com/pytorch/rl/blob/main/torchrl/envs/transforms/_env.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torchrl==0.14.1 tensordict==0.14.3 torch==2.13.0 gymnasium==1.4.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'P'
import sys

import gymnasium
import torch
from torchrl.envs import FrameSkipTransform, GymWrapper, TransformedEnv


class Ends(gymnasium.Wrapper):
    """Keeps the flag of every step that the environment itself made."""

    def reset(self, **options):
        self.terminated = []
        return super().reset(**options)

    def step(self, action):
        result = super().step(action)
        self.terminated.append(result[2])
        return result


def episode(name, steps_for_an_action, policy, seed=0):
    """The return, and how many actions led to the goal and how many were told so."""
    ends = Ends(gymnasium.make(name))
    environment = TransformedEnv(
        GymWrapper(ends, categorical_action_encoding=True), FrameSkipTransform(steps_for_an_action)
    )
    environment.set_seed(seed)
    state, total, reached, told, is_over = environment.reset(), 0.0, 0, 0, False
    while not is_over:
        before = len(ends.terminated)
        state["action"] = policy(state["observation"])
        state = environment.step(state)["next"]
        total += state["reward"].item()
        reached += any(ends.terminated[before:])
        told += state["terminated"].item()
        is_over = state["done"].item()
    return total, reached, told


def drive(observation):
    return torch.tensor([1.0 if observation[1] >= 0 else -1.0])


def swing(observation):
    return torch.tensor(2 if observation[4] > 0 else 0)


returns = []
for steps in (1, 4, 8):
    returns.append(round(episode("MountainCarContinuous-v0", steps, drive)[0]))
    print(f"MountainCarContinuous-v0, {steps} step{'s' * (steps > 1)} for an action: return {returns[-1]}")
swings = [episode("Acrobot-v1", 8, swing, seed) for seed in range(10)]
reached, told = sum(swing[1] for swing in swings), sum(swing[2] for swing in swings)
print(f"Acrobot-v1, 8 steps for an action: {reached} times at its goal, told {told} times")
sys.exit(not (returns == [89, 389, 788] and reached > 2 * told))
P
