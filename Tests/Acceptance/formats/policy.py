"""The program's policy as a PyTorch module, made from a checkpoint: from frames and signals to actions."""

import json
import math

import safetensors
import torch
from torch import nn


def read_checkpoint(path):
    """The tensors and the metadata of a checkpoint."""
    with safetensors.safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def scalar(configuration, section, key):
    """A value of the configuration, which the program writes as `section:` and `  key: value`."""
    inside = False
    for line in configuration.splitlines():
        if not line.startswith(" "):
            inside = line == f"{section}:"
        elif inside and line.strip().startswith(f"{key}:"):
            return line.split(":", 1)[1].strip()
    raise KeyError(f"{section}.{key} is not in the configuration")


class Encoder(nn.Module):
    """Convolutions with ReLU, and the spatial softmax: x₀ y₀ x₁ y₁ …, each −1…1."""

    def __init__(self, tensors, prefix, strides, rectifies_last):
        super().__init__()
        layers = []
        for index, stride in enumerate(strides):
            weight = tensors[f"{prefix}.convs.{2 * index}.weight"]
            outputs, inputs, size, _ = weight.shape
            layers += [nn.Conv2d(inputs, outputs, size, stride), nn.ReLU()]
        if not rectifies_last:
            layers.pop()
        self.convs = nn.Sequential(*layers)
        state = {name[len(prefix) + 1 :]: value for name, value in tensors.items() if name.startswith(prefix + ".")}
        self.load_state_dict(state)

    def forward(self, frames):
        """frames: [n, count, height, width, 3] of bytes, oldest first."""
        image = frames.to(self.convs[0].weight.dtype) / 255 - 0.5
        image = image.permute(0, 1, 4, 2, 3).flatten(1, 2)
        planes = self.convs(image)
        height, width = planes.shape[2:]
        shares = torch.softmax(planes.flatten(2), dim=-1)
        x = torch.linspace(-1, 1, width, dtype=shares.dtype).repeat(height)
        y = torch.linspace(-1, 1, height, dtype=shares.dtype).repeat_interleave(width)
        return torch.stack((shares @ x, shares @ y), dim=-1).flatten(1)


class Head(nn.Module):
    """The published actor or critic: two hidden layers, the penultimate normalisation, linear outputs."""

    def __init__(self, tensors, prefix, names, normalizes):
        super().__init__()
        weight = tensors[f"{prefix}.phi.0.weight"]
        units, inputs = weight.shape
        self.phi = nn.Sequential(nn.Linear(inputs, units), nn.LeakyReLU(), nn.Linear(units, units), nn.LeakyReLU())
        for name in names:
            self.add_module(name, nn.Linear(units, tensors[f"{prefix}.{name}.weight"].shape[0]))
        self.normalizes = normalizes
        own = [name for name in tensors if name.startswith(prefix + ".") and name.split(".")[1] in ("phi", *names)]
        self.load_state_dict({name[len(prefix) + 1 :]: tensors[name] for name in own})

    def forward(self, vector):
        hidden = self.phi(vector)
        return hidden / torch.norm(hidden, dim=1, keepdim=True) if self.normalizes else hidden


class Policy(nn.Module):
    """From frames, signals and noise to actions, in double precision: what is left is the program's own rounding."""

    def __init__(self, tensors, metadata):
        super().__init__()
        configuration = metadata["configuration"]
        strides = [int(line.split(":")[1]) for line in configuration.splitlines() if "stride:" in line]
        flag = lambda key: scalar(configuration, "agent", key) == "true"
        separate = scalar(configuration, "agent", "encoderSharing") == "separate"
        self.encoder = Encoder(
            tensors, "actor.encoder" if separate else "encoder", strides, flag("rectifiesLastConvolution"))
        normalization = scalar(configuration, "agent", "penultimateNormalization")
        if normalization not in ("unit", "none"):
            raise ValueError(f"penultimateNormalization {normalization} is not one of the published code")
        self.actor = Head(tensors, "actor", ("mu", "log_std"), normalization == "unit")
        self.clip = float(scalar(configuration, "agent", "normalizerClip")) or math.inf
        prefix = "actor.normalizer" if separate else "normalizer"
        self.normalizes = flag("normalizesObservations")
        if self.normalizes:
            self.mean, self.variance = tensors[prefix + ".mean"], tensors[prefix + ".variance"]
        self.double()

    def forward(self, frames, signals, noise):
        vector = torch.cat((self.encoder(frames), signals), dim=1)
        if self.normalizes:
            vector = (vector - self.mean) / torch.sqrt(self.variance + 1e-8)
            vector = torch.clamp(vector, -self.clip, self.clip)
        hidden = self.actor(vector)
        log_variance = torch.clamp(self.actor.log_std(hidden), -20, 2)
        return torch.tanh(self.actor.mu(hidden) + torch.exp(log_variance / 2) * noise)
