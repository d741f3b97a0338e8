"""The update of ReLoD's SAC from pixels in PyTorch, as in relod/algo/sac_rad_agent.py of https://github.com/rlai-lab/relod
(commit 86bb8eb), but for its random crop, which costs more. Networks and numbers are those of its Create-Reacher.
"""

import copy
import math
import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import torch
from torch import nn
from torch.nn import functional

torch.set_num_threads(1)

FRAME = (90, 160)
CHANNELS, SIGNALS, ACTIONS, UNITS = 9, 4, 2, 1024
LAYERS = [(32, 3, 2), (32, 3, 2), (32, 3, 2), (32, 3, 1)]


class Encoder(nn.Module):
    """Convolutions and the expected position of each channel's softmax, with the signals behind."""

    def __init__(self):
        super().__init__()
        layers, inputs, (height, width) = [], CHANNELS, FRAME
        for channels, kernel, stride in LAYERS:
            layers += [nn.Conv2d(inputs, channels, kernel, stride), nn.ReLU()]
            inputs, height, width = channels, (height - kernel) // stride + 1, (width - kernel) // stride + 1
        self.convs = nn.Sequential(*layers[:-1])
        x, y = torch.meshgrid(torch.linspace(-1, 1, width), torch.linspace(-1, 1, height), indexing="xy")
        self.register_buffer("positions", torch.stack([x.flatten(), y.flatten()], dim=1))
        self.count = 2 * inputs + SIGNALS

    def forward(self, images, signals):
        probabilities = functional.softmax(self.convs(images / 255.0).flatten(2), dim=-1)
        return torch.cat([(probabilities @ self.positions).flatten(1), signals], dim=-1)


def perceptron(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS), nn.ReLU(), nn.Linear(UNITS, outputs))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.q1, self.q2 = (perceptron(self.encoder.count + ACTIONS, 1) for _ in range(2))

    def forward(self, images, signals, actions, detached=False):
        latent = self.encoder(images, signals)
        both = torch.cat([latent.detach() if detached else latent, actions], dim=1)
        return self.q1(both), self.q2(both)


class RelodSAC:
    """Critics that train the encoder, an actor that looks through it, a learned temperature, targets."""

    def __init__(self):
        self.critic = Critic()
        self.target = copy.deepcopy(self.critic)
        self.actor = perceptron(self.critic.encoder.count, 2 * ACTIONS)
        self.log_alpha = torch.tensor(math.log(0.1), requires_grad=True)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), lr=1e-3)
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=1e-3)
        self.alpha_optimizer = torch.optim.Adam([self.log_alpha], lr=1e-4, betas=(0.5, 0.999))

    def policy(self, images, signals):
        mean, log_deviation = self.actor(self.critic.encoder(images, signals).detach()).chunk(2, dim=-1)
        log_deviation = -10 + 10 * (torch.tanh(log_deviation) + 1)
        noise = torch.randn_like(mean)
        log_probability = (-0.5 * noise.pow(2) - log_deviation - 0.5 * math.log(2 * math.pi)).sum(-1, keepdim=True)
        action = torch.tanh(mean + noise * log_deviation.exp())
        return action, log_probability - torch.log(functional.relu(1 - action.pow(2)) + 1e-6).sum(-1, keepdim=True)

    def update(self, images, signals, actions, rewards, next_images, next_signals, dones):
        images, next_images = images.float(), next_images.float()
        self.update_critic(images, signals, actions, rewards, next_images, next_signals, dones)
        self.update_actor(images, signals)
        with torch.no_grad():
            for (name, weight), followed in zip(self.target.named_parameters(), self.critic.parameters()):
                weight.lerp_(followed, 0.05 if name.startswith("encoder") else 0.01)

    def update_critic(self, images, signals, actions, rewards, next_images, next_signals, dones):
        with torch.no_grad():
            next_actions, log_probability = self.policy(next_images, next_signals)
            values = torch.min(*self.target(next_images, next_signals, next_actions))
            wanted = rewards + (1 - dones) * (values - self.log_alpha.exp() * log_probability)
        first, second = self.critic(images, signals, actions)
        loss = torch.mean((first - wanted) ** 2 + (second - wanted) ** 2)
        self.critic_optimizer.zero_grad()
        loss.backward()
        self.critic_optimizer.step()

    def update_actor(self, images, signals):
        actions, log_probability = self.policy(images, signals)
        values = torch.min(*self.critic(images, signals, actions, detached=True))
        loss = (self.log_alpha.exp().detach() * log_probability - values).mean()
        self.actor_optimizer.zero_grad()
        loss.backward()
        self.actor_optimizer.step()
        alpha_loss = (self.log_alpha.exp() * (ACTIONS - log_probability).detach()).mean()
        self.alpha_optimizer.zero_grad()
        alpha_loss.backward()
        self.alpha_optimizer.step()
