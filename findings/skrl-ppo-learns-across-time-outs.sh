#!/usr/bin/env bash
# skrl 2.1.1 (PyTorch 2.13.0 for CPU, Gymnasium 1.4.0, NumPy 2.4.6), Python 3.11.
#
# PPO_CFG's time_limit_bootstrap is off, "whether to bootstrap at timeout termination". One would take a time-out to be a
# termination then, as in most libraries. It is no end at all: only `terminated` stops the advantages, so the last steps of
# an episode that ran out of time are credited with the value of the next one's first state and with its rewards, those of
# another start and another target. So it is in PPO, A2C, RPO and TRPO. With the setting on, it is right.
#
# Output seen (episodes of 5 steps that time out, in turn with rewards of 0 and 1; γ = λ = 1, a value function of 0; what
# is learned as the value of each step):
#   time_limit_bootstrap=False: 10 10 10 10 10 | 10 9 8 7 6 | 5 5 5 5 5 | 5 4 3 2 1
#   time_limit_bootstrap=True: 0 0 0 0 0 | 5 4 3 2 1 | 0 0 0 0 0 | 5 4 3 2 1
# Source: https://github.com/Toni-SM/skrl/issues/449
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q skrl==2.1.1 torch==2.13.0 gymnasium==1.4.0 numpy==2.4.6
cd "$folder" # skrl writes its logs here
"$folder/venv/bin/python" - 2>"$folder/log" <<'P' || { cat "$folder/log"; exit 1; }
import sys

import gymnasium
import numpy
import torch
from skrl.agents.torch.ppo import PPO, PPO_CFG
from skrl.envs.wrappers.torch import wrap_env
from skrl.memories.torch import RandomMemory
from skrl.models.torch import DeterministicMixin, GaussianMixin, Model
from skrl.trainers.torch import SequentialTrainer

LENGTH, EPISODES = 5, 4


class Episodes(gymnasium.Env):
    """Every other episode pays 1 a step. All run out of time, none terminates."""

    observation_space = gymnasium.spaces.Box(0, 1, (1,), numpy.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), numpy.float32)
    episode = -1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episode, self.steps = self.episode + 1, 0
        return numpy.zeros(1, numpy.float32), {}

    def step(self, action):
        self.steps += 1
        return numpy.zeros(1, numpy.float32), float(self.episode % 2), False, self.steps == LENGTH, {}


class Zero(torch.nn.Module):
    def compute(self, inputs, role=""):
        mean = self.number.expand(len(inputs["observations"]), 1)
        return mean, {"log_std": torch.zeros(1)}


class Policy(Zero, GaussianMixin, Model):
    def __init__(self, **spaces):
        Model.__init__(self, **spaces)
        GaussianMixin.__init__(self)
        self.number = torch.nn.Parameter(torch.zeros(1))


class Value(Zero, DeterministicMixin, Model):
    def __init__(self, **spaces):
        Model.__init__(self, **spaces)
        DeterministicMixin.__init__(self)
        self.number = torch.nn.Parameter(torch.zeros(1))


def learned(time_limit_bootstrap):
    steps = LENGTH * EPISODES
    environment = wrap_env(Episodes(), verbose=False)
    spaces = {
        "observation_space": environment.observation_space,
        "action_space": environment.action_space,
        "device": "cpu",
    }
    memory = RandomMemory(memory_size=steps, num_envs=1, device="cpu")
    settings = PPO_CFG(
        rollouts=steps, discount_factor=1.0, gae_lambda=1.0, time_limit_bootstrap=time_limit_bootstrap
    )
    agent = PPO(models={"policy": Policy(**spaces), "value": Value(**spaces)}, memory=memory, cfg=settings, **spaces)
    options = {"timesteps": steps, "headless": True, "disable_progressbar": True}
    SequentialTrainer(env=environment, agents=agent, cfg=options).train()
    return memory.get_tensor_by_name("returns").reshape(EPISODES, LENGTH).int().tolist()


seen = {setting: learned(setting) for setting in (False, True)}
for setting, values in seen.items():
    print(f"time_limit_bootstrap={setting}:", " | ".join(" ".join(map(str, episode)) for episode in values))
paid = [5, 4, 3, 2, 1]
sys.exit(
    seen != {False: [[10] * 5, [10, 9, 8, 7, 6], [5] * 5, paid], True: [[0] * 5, paid, [0] * 5, paid]}
)
P
