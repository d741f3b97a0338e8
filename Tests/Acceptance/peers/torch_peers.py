"""AVG from pixels in PyTorch: as its authors write it, and tuned."""

import math
from contextlib import contextmanager

import numpy as np
import torch
from torch.distributions import MultivariateNormal, multivariate_normal

from description import TemporalDifferenceScaler
from torch_network import Actor, Critic, Perception, squash


@contextmanager
def given_noise(noise):
    """Within it, PyTorch's multivariate normal draws `noise`; with None it draws its own."""
    original = multivariate_normal._standard_normal
    if noise is not None:
        multivariate_normal._standard_normal = lambda *_, **__: torch.from_numpy(noise).unsqueeze(0)
    try:
        yield
    finally:
        multivariate_normal._standard_normal = original


class TorchPublished:
    """As the published code writes the update: every call of actor or critic runs its encoder, both losses go
    backward through all that needs a gradient, a multivariate normal, Adam as it comes."""

    name = "PyTorch as published"
    library = "torch"
    layout = "CHW"
    adam_options = {}

    def __init__(self, description, weights):
        self.description = description
        self.perception = Perception(description)
        self.actor_perception = self.perception if description.shared else Perception(description)
        self.actor, self.critic = Actor(description), Critic(description)
        self.scaler = TemporalDifferenceScaler()
        modules = {"encoder.": self.perception.encoder, "actor.": self.actor, "critic.": self.critic}
        if not description.shared:
            modules["actor.encoder."] = self.actor_perception.encoder
        self.parameters = {
            prefix + name: parameter
            for prefix, module in modules.items()
            for name, parameter in module.named_parameters()
        }
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(torch.from_numpy(weights[name]))
        actor_encoder = None if description.shared else self.actor_perception.encoder
        self.policy_optimizer = self._optimizer(self.actor, description.actor_learning_rate, actor_encoder)
        self.value_optimizer = self._optimizer(self.critic, description.critic_learning_rate, self.perception.encoder)

    def _optimizer(self, head, learning_rate, encoder):
        d = self.description
        groups = [{"params": list(head.parameters()), "lr": learning_rate}]
        if encoder is not None:
            groups.append({"params": list(encoder.parameters()), "lr": d.encoder_learning_rate})
        return torch.optim.Adam(groups, betas=(d.first_moment_decay, d.second_moment_decay), **self.adam_options)

    def _tensors(self, image, proprioception):
        return torch.from_numpy(image).unsqueeze(0).float(), torch.from_numpy(proprioception).unsqueeze(0)

    def _sample(self, outputs, noise):
        mean, log_variance = outputs
        distribution = MultivariateNormal(mean, torch.diag_embed(log_variance.exp()))
        with given_noise(noise):
            u = distribution.rsample()
        return squash(u, distribution.log_prob(u))

    def infer(self, image, proprioception):
        """The policy alone: nothing is learned from S."""
        with torch.inference_mode():
            vector = self.actor_perception(*self._tensors(image, proprioception))
            return self._sample(self.actor(vector), None)[0].view(-1).numpy()

    def act(self, image, proprioception, noise=None):
        """A for S; the running statistics take S in."""
        self.observation = self._tensors(image, proprioception)
        vector = self.actor_perception(*self.observation, updates_statistics=True)
        if self.description.shared:
            vector = vector.detach()
        self.action, self.log_probability = self._sample(self.actor(vector), noise)
        return self.action.detach().view(-1).numpy()

    def _scale(self, reward, terminated):
        entropy_reward = reward - self.description.entropy_coefficient * self.log_probability.item()
        self.scale = self.scaler.update(entropy_reward, self.description.discount, terminated)
        return self.scale

    def learn(self, reward, terminated, image, proprioception, noise=None):
        """Learns from R, the end of the episode and S′."""
        d, scale = self.description, self._scale(reward, terminated)
        following = self._tensors(image, proprioception)
        vector = self.perception(*self.observation, updates_statistics=not d.shared)
        self.value = self.critic(vector, self.action.detach())
        with torch.no_grad():
            action, log_probability = self._sample(self.actor(self.actor_perception(*following)), noise)
            target = self.critic(self.perception(*following), action) - d.entropy_coefficient * log_probability
        self.delta = (reward + (0 if terminated else d.discount) * target - self.value) / scale
        vector = self.perception(*self.observation)
        if d.shared:
            vector = vector.detach()
        policy_loss = d.entropy_coefficient * self.log_probability - self.critic(vector, self.action)
        self.policy_optimizer.zero_grad()
        policy_loss.backward()
        self.policy_optimizer.step()
        self.value_optimizer.zero_grad()
        (self.delta**2).backward()
        self.value_optimizer.step()

    def last_update(self):
        """Q(S, A) and δ."""
        return self.value.item(), self.delta.item()

    def weights(self):
        return {name: parameter.detach().contiguous().numpy().copy() for name, parameter in self.parameters.items()}

    def second_moments(self):
        state = self.policy_optimizer.state | self.value_optimizer.state
        return {
            name: state[parameter]["exp_avg_sq"].contiguous().numpy().copy()
            for name, parameter in self.parameters.items()
        }


class TorchTuned(TorchPublished):
    """The same mathematics without repeated work: channels last, each encoder runs once per image, one pass of the
    critic serves both losses, each backward pass computes only what its optimiser takes, fused Adam."""

    name = "PyTorch tuned"
    layout = "HWC"
    adam_options = {"fused": True}

    def __init__(self, description, weights):
        super().__init__(description, weights)
        for module in (self.perception, self.actor_perception):
            module.to(memory_format=torch.channels_last)
        self.policy_parameters = [p for group in self.policy_optimizer.param_groups for p in group["params"]]
        self.value_parameters = [p for group in self.value_optimizer.param_groups for p in group["params"]]

    def _tensors(self, image, proprioception):
        # [H, W, C] seen as [1, C, H, W] is channels-last memory.
        image = torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0).float()
        return image, torch.from_numpy(proprioception).unsqueeze(0)

    def _sample(self, outputs, noise):
        mean, log_variance = outputs
        epsilon = torch.randn_like(mean) if noise is None else torch.from_numpy(noise).unsqueeze(0)
        u = mean + epsilon * (0.5 * log_variance).exp()
        constant = 0.5 * math.log(2 * math.pi)
        return squash(u, (-0.5 * epsilon * epsilon - 0.5 * log_variance - constant).sum(dim=1))

    def act(self, image, proprioception, noise=None):
        self.observation = self._tensors(image, proprioception)
        self.vector = vector = self.actor_perception(*self.observation, updates_statistics=True)
        if self.description.shared:
            vector = vector.detach()
        self.action, self.log_probability = self._sample(self.actor(vector), noise)
        return self.action.detach().view(-1).numpy()

    def learn(self, reward, terminated, image, proprioception, noise=None):
        d, scale = self.description, self._scale(reward, terminated)
        following = self._tensors(image, proprioception)
        vector = self.vector if d.shared else self.perception(*self.observation, updates_statistics=True)
        self.value = self.critic(vector, self.action)
        with torch.no_grad():
            vector = self.perception(*following)
            actor_vector = vector if d.shared else self.actor_perception(*following)
            action, log_probability = self._sample(self.actor(actor_vector), noise)
            target = self.critic(vector, action) - d.entropy_coefficient * log_probability
        self.delta = (reward + (0 if terminated else d.discount) * target - self.value) / scale
        policy_loss = d.entropy_coefficient * self.log_probability - self.value
        self.policy_optimizer.zero_grad()
        self.value_optimizer.zero_grad()
        policy_loss.backward(inputs=self.policy_parameters, retain_graph=True)
        (self.delta**2).backward(inputs=self.value_parameters)
        self.policy_optimizer.step()
        self.value_optimizer.step()
