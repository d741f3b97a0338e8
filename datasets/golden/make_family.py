#!/usr/bin/env python3
"""Makes the reference vectors of AVG's siblings: iac_*, sac1_*, td31_*.

  git clone https://github.com/gauthamvasan/avg PUBLISHED
  python datasets/golden/make_family.py --published PUBLISHED [--output FOLDER] [--seed N]

IAC and SAC-1 are the published classes, unmodified; only what they import besides PyTorch and NumPy (environments,
logging) is replaced by empty modules, and the normal numbers that they draw by stored ones. TD3-1 is not published:
its reference is PlainTD31 below, TD3 (Fujimoto et al. 2018) with the published networks. Needs torch, numpy and
safetensors.
"""

import argparse
import json
import pathlib
import sys
import types

import numpy as np
import torch
from safetensors.torch import save_file

STEPS = 24


class StoredNoise:
    """Gives PyTorch's Gaussian the stored numbers, one row at a time, in the order in which they are pushed."""

    def __init__(self):
        self.rows = []
        torch.distributions.multivariate_normal._standard_normal = self.draw

    def push(self, row):
        self.rows.append(row)

    def draw(self, shape, dtype, device):
        return self.rows.pop(0).to(dtype).view(shape)


def load_published(folder):
    """The published modules; what they import besides is empty."""
    def empty(name, **members):
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)

    # The package itself registers environments.
    empty("incremental_rl", __path__=[str(folder / "incremental_rl")])
    empty("wandb")
    empty("gymnasium")
    empty("gymnasium.wrappers", NormalizeObservation=None, ClipAction=None)
    empty("incremental_rl.logger", Logger=None)
    empty("incremental_rl.experiment_tracker", ExperimentTracker=None, record_video=None)

    def orthogonal_weight_init(module):
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.orthogonal_(module.weight.data)
            module.bias.data.fill_(0.0)

    # utils would bring the plots with it; the initial weights are stored anyway.
    empty("incremental_rl.utils", orthogonal_weight_init=orthogonal_weight_init, set_one_thread=None)
    from incremental_rl import norm_incremental_actor_critic, norm_isac

    return norm_incremental_actor_critic, norm_isac


class PlainTD31:
    """TD3 on one transition at a time, with the published Q and an actor that is its mean's tanh."""

    def __init__(self, config, isac):
        self.config = config
        self.isac = isac
        self.actor = isac.Actor(config.obs_dim, config.action_dim, "cpu", config.nhid_actor, config.pnorm)
        self.critic = isac.DoubleQ(config.obs_dim, config.action_dim, "cpu", config.nhid_critic, config.pnorm)
        self.actor_target = isac.Actor(config.obs_dim, config.action_dim, "cpu", config.nhid_actor, config.pnorm)
        self.critic_target = isac.DoubleQ(config.obs_dim, config.action_dim, "cpu", config.nhid_critic, config.pnorm)
        self.actor_target.load_state_dict(self.actor.state_dict())
        self.critic_target.load_state_dict(self.critic.state_dict())
        # The second head has no use here.
        parameters = [p for name, p in self.actor.named_parameters() if not name.startswith("log_std")]
        self.popt = torch.optim.Adam(parameters, lr=config.actor_lr, betas=config.betas)
        self.critic_opt = torch.optim.Adam(self.critic.parameters(), lr=config.critic_lr, betas=config.betas)
        self.td_error_scaler = isac.TDErrorScaler()
        self.G = 0
        self.steps = 0

    @staticmethod
    def policy(actor, observation):
        phi = actor.fc2(actor.fc1(observation))
        if actor.pnorm:
            phi = phi / torch.norm(phi, dim=1).view((-1, 1))
        return torch.tanh(actor.mu(phi))

    def act(self, observation, noise):
        with torch.no_grad():
            action = self.policy(self.actor, observation)
            return (action + self.config.exploration_noise * noise).clamp(-1, 1)

    def update(self, observation, action, next_observation, reward, done, noise):
        config = self.config
        self.G += reward
        self.td_error_scaler.update(reward=reward, gamma=0 if done else config.gamma, G=self.G if done else None)
        if done:
            self.G = 0
        sigma = self.td_error_scaler.sigma if config.scaled_td else 1
        with torch.no_grad():
            shift = (config.target_noise * noise).clamp(-config.target_noise_bound, config.target_noise_bound)
            next_action = (self.policy(self.actor_target, next_observation) + shift).clamp(-1, 1)
            target = torch.min(*self.critic_target(next_observation, next_action))
            target = reward + (1.0 - done) * config.gamma * target
        q1, q2 = self.critic(observation, action)
        loss = ((q1 - target) / sigma) ** 2 + ((q2 - target) / sigma) ** 2
        self.critic_opt.zero_grad()
        loss.backward()
        self.critic_opt.step()
        self.steps += 1
        if self.steps % config.policy_delay == 0:
            loss = -self.critic.Q1(observation, self.policy(self.actor, observation))
            self.popt.zero_grad()
            loss.backward()
            self.popt.step()
            self.isac.ISAC.soft_update_params(self.critic, self.critic_target, config.tau)
            self.isac.ISAC.soft_update_params(self.actor, self.actor_target, config.tau)


def tensors_of(agent, kind):
    """Every weight under the name that this project gives it."""
    renamed = {}

    def add(prefix, module, skips=()):
        for name, parameter in module.named_parameters():
            if name.startswith(skips):
                continue
            for old, new in (("fc1.0", "phi.0"), ("fc2.0", "phi.2"), ("value", "v")):
                name = name.replace(old, new)
            renamed[f"{prefix}.{name}"] = parameter

    if kind == "iac":
        add("actor", agent.actor)
        add("critic", agent.critic)
        return renamed
    add("actor", agent.actor, ("log_std",) if kind == "td31" else ())
    for index in (1, 2):
        add(f"critic.{index}", getattr(agent.critic, f"Q{index}"))
        add(f"target.critic.{index}", getattr(agent.critic_target, f"Q{index}"))
    if kind == "td31":
        add("target.actor", agent.actor_target, ("log_std",))
    else:
        renamed["log_temperature"] = agent.log_alpha
    return renamed


def keep_gradients(agent, kind, kept):
    """Copies the gradients that each optimiser's first step takes; later losses add to them."""
    optimizers = [agent.popt, agent.critic_opt]
    if kind == "sac1":
        optimizers.append(agent.log_alpha_optimizer)
    for optimizer in optimizers:
        owned = {id(p) for group in optimizer.param_groups for p in group["params"]}

        def step(take=optimizer.step, owned=owned):
            for name, parameter in tensors_of(agent, kind).items():
                if id(parameter) in owned and parameter.grad is not None:
                    kept.setdefault(name, parameter.grad.detach().clone())
            take()

        optimizer.step = step


def make(kind, settings, published, random):
    iac, isac = published
    defaults = dict(
        obs_dim=11, action_dim=2, nhid_actor=48, nhid_critic=48, device="cpu", l2_actor=0, l2_critic=0,
        actor_lr=0.0006, critic_lr=0.0009, gamma=0.99, betas=[0.0, 0.999], alpha_lr=0.07, pnorm=True, scaled_td=True)
    config = types.SimpleNamespace(**{**defaults, **settings})
    torch.manual_seed(int(random.integers(1 << 31)))
    noise_source = StoredNoise()
    agent = {"iac": iac.IncrementalActorCritic, "sac1": isac.ISAC}.get(kind, lambda c: PlainTD31(c, isac))(config)

    def normal(*shape):
        return torch.tensor(random.standard_normal((STEPS, *shape)), dtype=torch.float32)

    tensors = {
        "observation": normal(config.obs_dim), "next_observation": normal(config.obs_dim),
        "noise": normal(config.action_dim), "reward": normal() - 1,
        "terminated": torch.tensor(random.random(STEPS) < 0.2, dtype=torch.float32),
    }
    if kind != "iac":
        tensors["next_noise"] = normal(config.action_dim)
    if kind == "sac1":
        tensors["policy_noise"] = normal(config.action_dim)
    for name, parameter in tensors_of(agent, kind).items():
        tensors[f"initial.{name}"] = parameter.detach().float().reshape(parameter.shape or (1,)).clone()

    gradients, scalars = {}, {}
    keep_gradients(agent, kind, gradients)
    for step in range(STEPS):
        observation, next_observation = tensors["observation"][step], tensors["next_observation"][step]
        reward = float(tensors["reward"][step])
        done = float(tensors["terminated"][step])
        note = {}
        if kind == "td31":
            action = agent.act(observation[None], tensors["noise"][step][None])
            with torch.no_grad():
                note["value"] = agent.critic.Q1(observation[None], action).item()
            agent.update(
                observation[None], action, next_observation[None], reward, done, tensors["next_noise"][step][None])
        else:
            noise_source.push(tensors["noise"][step])
            action, info = agent.compute_action(observation.numpy())
            note["log_prob"] = info["lprob"].item()
            with torch.no_grad():
                if kind == "iac":
                    note["value"] = agent.critic(observation[None]).item()
                else:
                    note["value"] = agent.critic.Q1(observation[None], action).item()
                    noise_source.push(tensors["next_noise"][step])
                    noise_source.push(tensors["policy_noise"][step])
            agent.update(observation.numpy(), action, next_observation.numpy(), reward, done, **info)
            if kind == "sac1":
                note["temperature"] = agent.alpha.item()
        note["sigma"] = float(agent.td_error_scaler.sigma) if config.scaled_td else 1.0
        note["action"] = action.detach().view(-1).double()
        for name, value in note.items():
            scalars.setdefault(name, []).append(torch.as_tensor(value, dtype=torch.float64))
    for name, rows in scalars.items():
        tensors[f"step.{name}"] = torch.stack(rows)
    for name, gradient in gradients.items():
        tensors[f"first_gradient.{name}"] = gradient.float().reshape(gradient.shape or (1,))
    for name, parameter in tensors_of(agent, kind).items():
        tensors[f"final.{name}"] = parameter.detach().float().reshape(parameter.shape or (1,)).clone()

    described = {key: value for key, value in vars(config).items() if key not in ("device", "nhid_actor", "nhid_critic")}
    described |= {"kind": kind, "hidden": config.nhid_actor}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}, {"config": json.dumps(described)}


FILES = {
    "iac_normalized": ("iac", {}),
    "iac_plain": ("iac", dict(pnorm=False, scaled_td=False, betas=[0.9, 0.999], alpha_lr=0.006, gamma=0.95)),
    "sac1_normalized": ("sac1", dict(alpha_lr=0.0003, init_temperature=0.1, critic_tau=0.005)),
    "sac1_plain": ("sac1", dict(
        pnorm=False, scaled_td=False, betas=[0.9, 0.999], alpha_lr=0.01, init_temperature=0.02, critic_tau=0.1)),
    "td31_normalized": ("td31", dict(
        exploration_noise=0.1, target_noise=0.2, target_noise_bound=0.5, policy_delay=2, tau=0.005)),
    "td31_plain": ("td31", dict(
        pnorm=False, scaled_td=False, betas=[0.9, 0.999],
        exploration_noise=0.4, target_noise=0.3, target_noise_bound=0.2, policy_delay=3, tau=0.1)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", type=pathlib.Path, required=True, help="a clone of gauthamvasan/avg")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    published = load_published(arguments.published)
    for index, (name, (kind, settings)) in enumerate(FILES.items()):
        tensors, metadata = make(kind, settings, published, np.random.default_rng([arguments.seed, index]))
        path = arguments.output / f"{name}.safetensors"
        save_file(tensors, path, metadata)
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
