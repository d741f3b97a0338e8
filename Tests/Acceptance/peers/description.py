"""What every peer computes: one description of the network and the update, read from the reference vectors.

The network and the step sizes are those of datasets/golden/pixel_full.safetensors (ReLoD's encoder), and its initial
weights are where every peer starts from. Tensors carry PyTorch's names and shapes.
"""

import json
import math
from dataclasses import dataclass, replace

import numpy as np
from safetensors import safe_open

from library import REPOSITORY

REFERENCE = REPOSITORY / "datasets/golden/pixel_full.safetensors"
NORMALIZER_EPSILON = 1e-8
NORMALIZER_PRIOR_COUNT = 1e-4
LOG_VARIANCE_RANGE = (-20.0, 2.0)


@dataclass(frozen=True)
class Description:
    """Network, step sizes and the like; `shared`: the actor looks through the critic's encoder."""

    image_shape: tuple  # channels, height, width
    convolutions: tuple  # (channels, kernel size, stride)
    rectifies_last_convolution: bool
    proprioception_count: int
    action_count: int
    hidden_units: int
    actor_learning_rate: float
    critic_learning_rate: float
    encoder_learning_rate: float
    first_moment_decay: float  # β₁
    second_moment_decay: float  # β₂
    entropy_coefficient: float  # η
    discount: float  # γ
    shared: bool = True
    normalizer_horizon: float = math.inf
    normalizer_clip: float = math.inf

    @property
    def feature_count(self):
        return 2 * self.convolutions[-1][0]

    @property
    def output_shape(self):
        """Height and width of the last convolution's output."""
        size = self.image_shape[1:]
        for _, kernel, stride in self.convolutions:
            size = tuple((length - kernel) // stride + 1 for length in size)
        return size

    def for_timing(self, encoder):
        """As `avg-vision benchmark` runs it: with the program's default horizon and clip."""
        return replace(self, shared=encoder == "shared", normalizer_horizon=20_000, normalizer_clip=5.0)


def read_reference():
    """The description, and all tensors of the reference vectors."""
    with safe_open(REFERENCE, framework="numpy") as file:
        config = json.loads(file.metadata()["config"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    assert config["kind"] == "pixel" and config["normalize_features"]
    description = Description(
        image_shape=tuple(config["shape"]),
        convolutions=tuple(tuple(layer) for layer in config["conv"]),
        rectifies_last_convolution=config["relu_after_last_convolution"],
        proprioception_count=config["proprioception"],
        action_count=config["action_dim"],
        hidden_units=config["hidden"],
        actor_learning_rate=config["actor_lr"],
        critic_learning_rate=config["critic_lr"],
        encoder_learning_rate=config["encoder_lr"],
        first_moment_decay=config["betas"][0],
        second_moment_decay=config["betas"][1],
        entropy_coefficient=config["alpha_lr"],
        discount=config["gamma"],
    )
    assert description.first_moment_decay == 0, "the peers keep no first moment"
    return description, tensors


def initial_weights(tensors, shared):
    """The weights before the first step; with separate encoders both start as the same one."""
    weights = {name.removeprefix("initial."): value for name, value in tensors.items() if name.startswith("initial.")}
    if not shared:
        weights |= {"actor." + name: value for name, value in weights.items() if name.startswith("encoder.")}
    return weights


def learning_rate(description, name):
    """The step size of the tensor of this name."""
    if "encoder." in name:
        return description.encoder_learning_rate
    return description.actor_learning_rate if name.startswith("actor.") else description.critic_learning_rate


class TemporalDifferenceScaler:
    """σ_δ from running statistics of reward, discount and squared return (Vasan et al. 2024, §3.2)."""

    def __init__(self):
        self.count = self.reward_mean = self.reward_squares = 0.0
        self.discount_mean = self.discount_squares = 0.0
        self.return_count = self.squared_return_mean = self.running_return = 0.0

    def update(self, reward, discount, terminated):
        """Takes r̃ in and gives σ_δ."""
        self.running_return += reward
        if terminated:
            self.return_count += 1
            self.squared_return_mean += (self.running_return**2 - self.squared_return_mean) / self.return_count
            self.running_return = 0.0
        self.count += 1
        difference = reward - self.reward_mean
        self.reward_mean += difference / self.count
        self.reward_squares += difference * (reward - self.reward_mean)
        discount = 0.0 if terminated else discount
        difference = discount - self.discount_mean
        self.discount_mean += difference / self.count
        self.discount_squares += difference * (discount - self.discount_mean)
        variance = (self.reward_squares + self.discount_squares * self.squared_return_mean) / self.count
        variance = max(variance, 1e-4)
        return 1.0 if variance <= 0.01 and self.return_count == 0 else math.sqrt(variance)


def positions(height, width):
    """x and y of each pixel, −1…1, [height · width, 2]."""
    x, y = np.meshgrid(np.linspace(-1.0, 1.0, width), np.linspace(-1.0, 1.0, height))
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
