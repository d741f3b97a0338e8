"""Actor and critic behind convolutional encoders, in PyTorch."""

import math
import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import torch
from torch import nn
from torch.nn import functional

from description import LOG_VARIANCE_RANGE, NORMALIZER_EPSILON, NORMALIZER_PRIOR_COUNT, positions

torch.set_num_threads(1)


class SpatialSoftmax(nn.Module):
    """Each channel becomes the expected position of its softmax: x₀ y₀ x₁ y₁ …"""

    def __init__(self, height, width):
        super().__init__()
        self.register_buffer("positions", torch.from_numpy(positions(height, width)), persistent=False)

    def forward(self, image):
        probabilities = functional.softmax(image.flatten(2), dim=-1)
        return (probabilities @ self.positions).flatten(1)


class Encoder(nn.Module):
    def __init__(self, description):
        super().__init__()
        layers, inputs = [], description.image_shape[0]
        for channels, kernel, stride in description.convolutions:
            layers += [nn.Conv2d(inputs, channels, kernel, stride), nn.ReLU()]
            inputs = channels
        if not description.rectifies_last_convolution:
            layers.pop()
        self.convs = nn.Sequential(*layers)
        self.softmax = SpatialSoftmax(*description.output_shape)

    def forward(self, image):
        return self.softmax(self.convs(image / 255.0 - 0.5))


class RunningNormalizer:
    """Gymnasium's running mean and variance, with a horizon and a clip."""

    def __init__(self, description):
        length = description.feature_count + description.proprioception_count
        self.mean = torch.zeros(length, dtype=torch.float64)
        self.variance = torch.ones(length, dtype=torch.float64)
        self.count = NORMALIZER_PRIOR_COUNT
        self.horizon, self.clip = description.normalizer_horizon, description.normalizer_clip

    @torch.no_grad()
    def update(self, vector):
        total = self.count + 1
        difference = vector[0] - self.mean
        self.mean = self.mean + difference / total
        self.variance = (self.variance * self.count + difference**2 * (self.count / total)) / total
        self.count = min(total, self.horizon)

    def __call__(self, vector):
        normalized = (vector - self.mean) / torch.sqrt(self.variance + NORMALIZER_EPSILON)
        return torch.clamp(normalized, -self.clip, self.clip).float()


class Perception(nn.Module):
    """From image [1, C, H, W] and signals [1, n] to the normalised vector that actor and critic take."""

    def __init__(self, description):
        super().__init__()
        self.encoder = Encoder(description)
        self.normalizer = RunningNormalizer(description)

    def forward(self, image, proprioception, updates_statistics=False):
        vector = torch.cat((self.encoder(image), proprioception), dim=-1)
        if updates_statistics:
            self.normalizer.update(vector)
        return self.normalizer(vector)


class Head(nn.Module):
    """Two hidden layers, the penultimate normalisation, and linear outputs."""

    def __init__(self, description, inputs, outputs):
        super().__init__()
        units = description.hidden_units
        self.phi = nn.Sequential(nn.Linear(inputs, units), nn.LeakyReLU(), nn.Linear(units, units), nn.LeakyReLU())
        for name, count in outputs.items():
            self.add_module(name, nn.Linear(units, count))

    def penultimate(self, vector):
        hidden = self.phi(vector)
        return hidden / torch.norm(hidden, dim=1, keepdim=True)


class Actor(Head):
    def __init__(self, description):
        count = description.action_count
        inputs = description.feature_count + description.proprioception_count
        super().__init__(description, inputs, {"mu": count, "log_std": count})

    def forward(self, vector):
        hidden = self.penultimate(vector)
        return self.mu(hidden), torch.clamp(self.log_std(hidden), *LOG_VARIANCE_RANGE)


class Critic(Head):
    def __init__(self, description):
        inputs = description.feature_count + description.proprioception_count + description.action_count
        super().__init__(description, inputs, {"q": 1})

    def forward(self, vector, action):
        return self.q(self.penultimate(torch.cat((vector, action), dim=-1))).view(-1)


def squash(u, log_probability):
    """a = tanh u, and log π(a) from log π(u)."""
    return torch.tanh(u), log_probability - (2 * (math.log(2) - u - functional.softplus(-2 * u))).sum(dim=1)
