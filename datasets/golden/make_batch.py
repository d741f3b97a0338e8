#!/usr/bin/env python3
"""Makes the reference vectors of the learners from batches: sac_*; it knows td3 too.

  python datasets/golden/make_batch.py [--output FOLDER] [--seed N]

The references are Stable-Baselines3's classes SAC and TD3, unmodified: their `train` is called once for each stored
batch. The replay buffer gives the stored batches, and PyTorch's normal numbers are stored ones. Needs torch, numpy,
safetensors and stable-baselines3.
"""

import argparse
import json
import pathlib

import gymnasium
import numpy as np
import stable_baselines3
import torch
from safetensors.torch import save_file
from stable_baselines3.common.logger import configure
from stable_baselines3.common.type_aliases import ReplayBufferSamples

UPDATES = 20
SAMPLES = 37
OBSERVATIONS = 5
ACTIONS = 3
HIDDEN = 24


class Spaces(gymnasium.Env):
    """Nothing but the spaces, which the classes ask for."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (OBSERVATIONS,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (ACTIONS,), np.float32)


class StoredNoise:
    """Gives PyTorch the stored normal numbers, in the order in which they are pushed."""

    def __init__(self):
        self.rows = []
        torch.distributions.normal._standard_normal = lambda shape, dtype, device: self.pop(shape)
        self.normal_ = torch.Tensor.normal_

    def push(self, *rows):
        self.rows += rows

    def pop(self, shape):
        return self.rows.pop(0).clone().view(shape)

    def fill(self, tensor, mean=0, std=1, **_):
        assert mean == 0
        return tensor.copy_(std * self.pop(tensor.shape))


def named(model, kind):
    """Every weight under the name that this project gives it."""
    names = {}

    def add(prefix, sequence, layers):
        for place, layer in layers.items():
            names[f"{prefix}.{layer}.weight"] = sequence[place].weight
            names[f"{prefix}.{layer}.bias"] = sequence[place].bias

    hidden = {0: "phi.0", 2: "phi.2"}

    def add_actor(prefix, actor):
        if kind == "td3":
            return add(prefix, actor.mu, {**hidden, 4: "mu"})
        add(prefix, actor.latent_pi, hidden)
        for head in ("mu", "log_std"):
            names[f"{prefix}.{head}.weight"] = getattr(actor, head).weight
            names[f"{prefix}.{head}.bias"] = getattr(actor, head).bias

    add_actor("actor", model.actor)
    if kind == "td3":
        add_actor("target.actor", model.actor_target)
    for index in (0, 1):
        add(f"critic.{index + 1}", getattr(model.critic, f"qf{index}"), {**hidden, 4: "q"})
        add(f"target.critic.{index + 1}", getattr(model.critic_target, f"qf{index}"), {**hidden, 4: "q"})
    if kind == "sac":
        names["log_temperature"] = model.log_ent_coef
    return names


def make_model(kind, settings):
    common = dict(
        learning_rate=settings["lr"], gamma=settings["gamma"], tau=settings["tau"], buffer_size=10, device="cpu",
        policy_kwargs=dict(net_arch=[HIDDEN, HIDDEN], activation_fn=torch.nn.ReLU))
    if kind == "sac":
        model = stable_baselines3.SAC(
            "MlpPolicy", Spaces(), ent_coef=f"auto_{settings['init_temperature']}", **common)
    else:
        model = stable_baselines3.TD3(
            "MlpPolicy", Spaces(), policy_delay=settings["policy_delay"],
            target_policy_noise=settings["target_noise"], target_noise_clip=settings["target_noise_bound"], **common)
    model.set_logger(configure(None, []))
    return model


def keep_first_gradients(optimizer, tensors, kept):
    """Keeps the gradients by which an optimiser makes its first step."""
    step = optimizer.step
    ours = {id(p) for group in optimizer.param_groups for p in group["params"]}

    def keeping(*arguments, **keywords):
        for name, tensor in tensors.items():
            if id(tensor) in ours and name not in kept:
                kept[name] = tensor.grad.clone()
        return step(*arguments, **keywords)

    optimizer.step = keeping


def make(kind, settings, seed, path):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=generator)
    shape = (UPDATES, SAMPLES)
    tensors = {
        "observation": normal(*shape, OBSERVATIONS),
        "action": torch.tanh(normal(*shape, ACTIONS)),
        "reward": normal(*shape),
        "terminated": (torch.rand(*shape, generator=generator) < 0.1).float(),
        "next_observation": normal(*shape, OBSERVATIONS),
        "next_noise": normal(*shape, ACTIONS),
    }
    if kind == "sac":
        tensors["policy_noise"] = normal(*shape, ACTIONS)
    stored = StoredNoise()
    model = make_model(kind, settings)
    weights = named(model, kind)
    with torch.no_grad():
        for name, tensor in weights.items():
            if name == "actor.log_std.bias":
                # Small enough that no action is near ±1, where the class adds 10⁻⁶ to 1 − a².
                tensor -= 1
            if name.startswith("target."):
                # Other than what they follow.
                tensor += 0.05 * normal(*tensor.shape)
    initial = {f"initial.{name}": tensor.detach().clone() for name, tensor in weights.items()}
    gradients = {}
    for owner in [model.actor, model.critic]:
        keep_first_gradients(owner.optimizer, weights, gradients)
    if kind == "sac":
        keep_first_gradients(model.ent_coef_optimizer, weights, gradients)
    steps = {}
    torch.Tensor.normal_ = lambda tensor, *a, **k: stored.fill(tensor, *a, **k)
    for update in range(UPDATES):
        row = {name: tensor[update] for name, tensor in tensors.items()}
        batch = ReplayBufferSamples(
            observations=row["observation"], actions=row["action"], next_observations=row["next_observation"],
            dones=row["terminated"][:, None], rewards=row["reward"][:, None])
        model.replay_buffer.sample = lambda *_, **__: batch
        if kind == "sac":
            stored.push(row["policy_noise"], row["next_noise"])
        else:
            stored.push(row["next_noise"])
        model.logger.name_to_value.clear()
        model.train(gradient_steps=1, batch_size=SAMPLES)
        assert not stored.rows
        for name in ("ent_coef", "actor_loss", "critic_loss"):
            value = model.logger.name_to_value.get(f"train/{name}")
            if value is not None:
                steps.setdefault(f"step.{name}", []).append(float(value))
    torch.Tensor.normal_ = stored.normal_
    final = {f"final.{name}": tensor.detach().clone() for name, tensor in weights.items()}
    contents = {
        **tensors, **initial, **final, **{f"first_gradient.{name}": tensor for name, tensor in gradients.items()},
        **{name: torch.tensor(values, dtype=torch.float64) for name, values in steps.items()}}
    save_file(
        {name: tensor.detach().contiguous().clone() for name, tensor in contents.items()}, path,
        metadata={
            "config": json.dumps({"kind": kind, "hidden": HIDDEN, "samples": SAMPLES, **settings}),
            "made_by": f"stable-baselines3 {stable_baselines3.__version__}, torch {torch.__version__}"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "batch")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.output.mkdir(exist_ok=True)
    common = dict(lr=1e-3, gamma=0.97, tau=0.02)
    make("sac", dict(common, init_temperature=0.3), arguments.seed, arguments.output / "sac_plain.safetensors")


if __name__ == "__main__":
    main()
