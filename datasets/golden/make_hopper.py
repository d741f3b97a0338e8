#!/usr/bin/env python3
"""Makes mlp_hopper.safetensors: a run of the published AVG class on Gymnasium's Hopper-v4, from raw observations on.

  git clone https://github.com/gauthamvasan/avg PUBLISHED
  python datasets/golden/make_hopper.py --published PUBLISHED [--output FOLDER] [--seed N]

The class, its main loop's order and Gymnasium's wrappers are as published: NormalizeObservation takes each observation in
before it normalises it, ClipAction bounds the action. Only the normal numbers are stored ones, the environment is reset once
at the start instead of twice, and observations are rounded to float32 first, as this program's protocol sends them.
Needs torch, numpy 1.26, safetensors, gymnasium 0.29.1 and mujoco 2.3.7, the versions of the paper's time.
"""

import argparse
import json
import pathlib
import sys

import gymnasium
import numpy as np
import torch
from gymnasium.wrappers import ClipAction, NormalizeObservation, TransformObservation
from safetensors.torch import save_file

from make_family import StoredNoise

STEPS = 120
# The published step sizes and entropy coefficient for Hopper-v4; fewer units, for a small file.
CONFIG = {"kind": "mlp", "obs_dim": 11, "action_dim": 3, "hidden": 64, "actor_lr": 1.1e-5, "critic_lr": 7.7e-5,
          "alpha_lr": 0.3, "gamma": 0.99, "betas": [0.0, 0.999], "normalize_observations": True}


def load_published(folder):
    """The published module; what it imports for videos is empty."""
    import types
    tracker = types.ModuleType("incremental_rl.experiment_tracker")
    tracker.record_video = None
    package = types.ModuleType("incremental_rl")
    package.__path__ = [str(folder / "incremental_rl")]
    sys.modules.update({"incremental_rl": package, tracker.__name__: tracker})
    sys.path.insert(0, str(folder))
    import avg
    return avg


class Rounded(TransformObservation):
    """Observations in float32; what the wrapper returned last stays readable."""

    def __init__(self, env):
        super().__init__(env, self.round)

    def round(self, observation):
        self.last = observation.astype(np.float32)
        return self.last


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    published = load_published(options.published)
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    noise = StoredNoise()
    rounded = Rounded(gymnasium.make("Hopper-v4"))
    environment = ClipAction(NormalizeObservation(rounded))
    settings = argparse.Namespace(**CONFIG, nhid_actor=CONFIG["hidden"], nhid_critic=CONFIG["hidden"], device="cpu")
    agent = published.AVG(settings)
    recording = Recording(agent)

    draws = torch.randn(2 * STEPS, CONFIG["action_dim"])
    observation, _ = environment.reset(seed=options.seed)
    for step in range(STEPS):
        raw = rounded.last.copy()
        noise.push(draws[2 * step])
        action, information = agent.compute_action(observation)
        following, reward, terminated, truncated, _ = environment.step(action.detach().view(-1).numpy())
        noise.push(draws[2 * step + 1])
        agent.update(observation, action, following, reward, terminated, **information)
        recording.add(noise=draws[2 * step], next_noise=draws[2 * step + 1], observation=raw,
                      next_observation=rounded.last.copy(), reward=reward, terminated=terminated,
                      truncated=truncated)
        recording.add_step(action=action.detach().view(-1), log_prob=information["lprob"].item(),
                           sigma=agent.td_error_scaler.sigma)
        observation = following
        if terminated or truncated:
            observation, _ = environment.reset()
    recording.save(options.output / "mlp_hopper.safetensors")


class Recording:
    """The rows of a run, and the weights at its ends."""

    def __init__(self, agent):
        self.agent = agent
        self.rows = {}
        self.tensors = {}
        self.keep_weights("initial")

    def parameters(self):
        for name, network in (("actor", self.agent.actor), ("critic", self.agent.Q)):
            for parameter, value in network.named_parameters():
                yield f"{name}.{parameter}", value

    def keep_weights(self, when):
        self.tensors |= {f"{when}.{name}": value.detach().clone() for name, value in self.parameters()}

    def add(self, **row):
        # The update has just left its gradients behind.
        if not self.rows:
            # The actor's loss reaches into the critic too, but the critic's gradients are cleared after it.
            self.tensors |= {f"first_gradient.{name}": value.grad.clone() for name, value in self.parameters()}
        for name, value in row.items():
            self.rows.setdefault(name, []).append(torch.as_tensor(value, dtype=torch.float32))

    def add_step(self, **row):
        for name, value in row.items():
            self.rows.setdefault("step." + name, []).append(torch.as_tensor(value, dtype=torch.float64))

    def save(self, path):
        self.keep_weights("final")
        rows = {name: torch.stack(values) for name, values in self.rows.items()}
        save_file({k: v.contiguous() for k, v in (self.tensors | rows).items()}, path,
                  metadata={"config": json.dumps(CONFIG)})
        print(f"{path}: {STEPS} steps, {int(sum(self.rows['terminated']))} episodes ended")


if __name__ == "__main__":
    main()
