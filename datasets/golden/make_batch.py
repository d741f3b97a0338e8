#!/usr/bin/env python3
"""Makes the reference vectors of the learners from batches: sac_*, td3_* and ppo_*.

  python datasets/golden/make_batch.py [--output FOLDER] [--seed N]

The references are Stable-Baselines3's classes SAC and TD3, unmodified: their `train` is called once for each stored
batch. The replay buffer gives the stored batches, and PyTorch's normal numbers are stored ones. Needs torch, numpy,
safetensors and stable-baselines3.

Of ppo_* the reference is written out here from the formulas (Schulman et al. 2016 and 2017) with PyTorch's gradients.
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


class GaussianPolicy(torch.nn.Module):
    """Means by a network, deviations by parameters; and a value function."""

    def __init__(self):
        super().__init__()
        layers = lambda outputs: torch.nn.Sequential(
            torch.nn.Linear(OBSERVATIONS, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.Tanh(),
            torch.nn.Linear(HIDDEN, outputs))
        self.mean, self.value = layers(ACTIONS), layers(1)
        self.log_deviation = torch.nn.Parameter(torch.full((ACTIONS,), -0.4))

    def names(self):
        names = {"actor.log_std.bias": self.log_deviation}
        for network, sequence, head in (("actor", self.mean, "mu"), ("critic", self.value, "v")):
            for place, layer in {0: "phi.0", 2: "phi.2", 4: head}.items():
                names[f"{network}.{layer}.weight"] = sequence[place].weight
                names[f"{network}.{layer}.bias"] = sequence[place].bias
        return names

    def judge(self, observation, action):
        """log π(a|s), the entropy and V(s)."""
        deviation = self.log_deviation.exp()
        z = (action - self.mean(observation)) / deviation
        log_probability = (-z * z / 2 - self.log_deviation - np.log(2 * np.pi) / 2).sum(1)
        entropy = (self.log_deviation + 0.5 + np.log(2 * np.pi) / 2).sum()
        return log_probability, entropy, self.value(observation)[:, 0]


def make_ppo(settings, seed, path):
    """One update of 4 epochs on a stored rollout, the batches in a stored order."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=generator)
    steps, batch, epochs, clip = 60, 15, 4, settings["clip"]
    ends = torch.rand(steps, generator=generator)
    tensors = {
        "observation": normal(steps, OBSERVATIONS), "action": 1.2 * normal(steps, ACTIONS), "reward": normal(steps),
        "terminated": (ends < 0.08).float(), "truncated": ((ends >= 0.08) & (ends < 0.16)).float(),
        "next_observation": normal(steps, OBSERVATIONS),
    }
    # Where no episode ends, S′ is the next S.
    goes_on = (tensors["terminated"] + tensors["truncated"] == 0)[:-1, None]
    tensors["next_observation"][:-1] = torch.where(
        goes_on, tensors["observation"][1:], tensors["next_observation"][:-1])
    order = torch.stack([torch.randperm(steps, generator=generator) for _ in range(epochs)])
    policy = GaussianPolicy()
    names = policy.names()
    initial = {f"initial.{name}": tensor.detach().clone() for name, tensor in names.items()}
    with torch.no_grad():
        old_log_probability, _, old_value = policy.judge(tensors["observation"], tensors["action"])
        next_value = policy.value(tensors["next_observation"])[:, 0] * (1 - tensors["terminated"])
        advantage, following = torch.zeros(steps), 0.0
        for step in reversed(range(steps)):
            ended = tensors["terminated"][step] + tensors["truncated"][step] > 0
            delta = tensors["reward"][step] + settings["gamma"] * next_value[step] - old_value[step]
            following = delta + (0 if ended else settings["gamma"] * settings["lambda"] * following)
            advantage[step] = following
        target = advantage + old_value
    optimizer = torch.optim.Adam(policy.parameters(), lr=settings["lr"], eps=1e-5)
    gradients, losses = {}, []
    for rows in order.view(-1, batch):
        log_probability, entropy, value = policy.judge(tensors["observation"][rows], tensors["action"][rows])
        ratio = (log_probability - old_log_probability[rows]).exp()
        a = advantage[rows]
        a = (a - a.mean()) / (a.std() + 1e-8)
        policy_loss = torch.max(-a * ratio, -a * ratio.clamp(1 - clip, 1 + clip)).mean()
        clipped = old_value[rows] + (value - old_value[rows]).clamp(-clip, clip)
        value_loss = torch.max((value - target[rows]) ** 2, (clipped - target[rows]) ** 2).mean() / 2
        loss = policy_loss - settings["entropy"] * entropy + settings["value_coefficient"] * value_loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), settings["gradient_norm"])
        optimizer.step()
        losses.append(policy_loss.item())
        if not gradients:
            gradients = {f"first_gradient.{name}": tensor.grad.clone() for name, tensor in names.items()}
    final = {f"final.{name}": tensor.detach().clone() for name, tensor in names.items()}
    contents = {
        **tensors, **initial, **final, **gradients, "advantage": advantage, "order": order.double(),
        "old_log_probability": old_log_probability, "old_value": old_value,
        "step.actor_loss": torch.tensor(losses, dtype=torch.float64)}
    save_file(
        {name: tensor.detach().contiguous().clone() for name, tensor in contents.items()}, path,
        metadata={
            "config": json.dumps({"kind": "ppo", "hidden": HIDDEN, "samples": batch, **settings}),
            "made_by": f"torch {torch.__version__}"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "batch")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.output.mkdir(exist_ok=True)
    common = dict(lr=1e-3, gamma=0.97, tau=0.02)
    make("sac", dict(common, init_temperature=0.3), arguments.seed, arguments.output / "sac_plain.safetensors")
    noise = dict(policy_delay=2, target_noise=0.4, target_noise_bound=0.5)
    make("td3", dict(common, **noise), arguments.seed, arguments.output / "td3_plain.safetensors")
    settings = dict(
        lr=3e-3, gamma=0.97, clip=0.2, entropy=0.02, value_coefficient=0.5, gradient_norm=0.5, **{"lambda": 0.9})
    make_ppo(settings, arguments.seed, arguments.output / "ppo_plain.safetensors")


if __name__ == "__main__":
    main()
