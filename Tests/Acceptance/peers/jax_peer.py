"""AVG from pixels in JAX: acting and learning are one compiled program each."""

import math
import os
from functools import partial

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np

from description import (
    LOG_VARIANCE_RANGE,
    NORMALIZER_EPSILON,
    NORMALIZER_PRIOR_COUNT,
    TemporalDifferenceScaler,
    learning_rate,
    positions,
)

ADAM_EPSILON = 1e-8


def encode(description, weights, image):
    """The features of an image [H, W, C] of bytes; weights: (kernel [k, k, C, O], bias) per layer."""
    x = image[None].astype(jnp.float32) / 255.0 - 0.5
    last = len(weights) - 1
    for index, ((kernel, bias), (_, _, stride)) in enumerate(zip(weights, description.convolutions)):
        x = jax.lax.conv_general_dilated(
            x, kernel, (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x = x + bias
        if index < last or description.rectifies_last_convolution:
            x = jax.nn.relu(x)
    height, width, channels = x.shape[1:]
    probabilities = jax.nn.softmax(x.reshape(height * width, channels), axis=0)
    return (probabilities.T @ jnp.asarray(positions(height, width))).reshape(-1)


def normalize(description, statistics, vector):
    mean, variance, _ = statistics
    normalized = (vector - mean) / jnp.sqrt(variance + NORMALIZER_EPSILON)
    return jnp.clip(normalized, -description.normalizer_clip, description.normalizer_clip)


def update_statistics(description, statistics, vector):
    mean, variance, count = statistics
    total = count + 1
    difference = vector - mean
    variance = (variance * count + difference**2 * count / total) / total
    return mean + difference / total, variance, jnp.minimum(total, description.normalizer_horizon)


def dense(weights, x):
    return x @ weights[0] + weights[1]


def penultimate(head, vector):
    hidden = jax.nn.leaky_relu(dense(head["phi.0"], vector))
    hidden = jax.nn.leaky_relu(dense(head["phi.2"], hidden))
    return hidden / jnp.linalg.norm(hidden)


def sample(actor, vector, noise):
    """a = tanh(μ + σε) and log π(a)."""
    hidden = penultimate(actor, vector)
    log_deviation = 0.5 * jnp.clip(dense(actor["log_std"], hidden), *LOG_VARIANCE_RANGE)
    u = dense(actor["mu"], hidden) + noise * jnp.exp(log_deviation)
    log_probability = -0.5 * noise * noise - log_deviation - 0.5 * math.log(2 * math.pi)
    log_probability -= 2 * (math.log(2) - u - jax.nn.softplus(-2 * u))
    return jnp.tanh(u), jnp.sum(log_probability)


def evaluate(critic, vector, action):
    return dense(critic["q"], penultimate(critic, jnp.concatenate([vector, action])))[0]


@partial(jax.jit, static_argnums=0)
def infer(description, encoder, actor, statistics, image, proprioception, noise):
    vector = jnp.concatenate([encode(description, encoder, image), proprioception])
    return sample(actor, normalize(description, statistics, vector), noise)[0]


def look(description, encoder, image):
    """The features, and their backward pass, which holds the activations that it needs."""
    return jax.vjp(lambda weights: encode(description, weights, image), encoder)


@partial(jax.jit, static_argnums=(0, 1))
def act(description, keeps_pass, encoder, actor, statistics, image, proprioception, noise):
    """A and log π(A) for S, and what `look` gave if `keeps_pass`. The statistics take S in for good in `learn`."""
    features, backward = look(description, encoder, image)
    vector = jnp.concatenate([features, proprioception])
    statistics = update_statistics(description, statistics, vector)
    action, log_probability = sample(actor, normalize(description, statistics, vector), noise)
    return action, log_probability, (features, backward) if keeps_pass else None


def adam(description, parameters, gradients, moments, step, rate):
    decay = description.second_moment_decay
    moments = jax.tree.map(lambda v, g: decay * v + (1 - decay) * g * g, moments, gradients)
    correction = 1 - decay**step
    move = lambda p, g, v: p - rate * g / (jnp.sqrt(v / correction) + ADAM_EPSILON)
    return jax.tree.map(move, parameters, gradients, moments), moments


@partial(jax.jit, static_argnums=0, donate_argnums=(1, 2, 3))
def learn(description, parameters, moments, statistics, seen, step, observation, noise, outcome, following):
    """One update. `seen`: what `look` gave for S and the policy's encoder, if it was kept."""
    d, image, proprioception = description, *observation
    reward, continues, scale = outcome
    following_image, following_proprioception, following_noise = following
    policy_encoder = "encoder" if d.shared else "actor.encoder"

    passes = {policy_encoder: seen or look(d, parameters[policy_encoder], image)}
    if not d.shared:
        passes["encoder"] = look(d, parameters["encoder"], image)
    statistics = {
        name: update_statistics(d, statistics[name], jnp.concatenate([features, proprioception]))
        for name, (features, _) in passes.items()
    }

    def vector_of(name, features, proprioception):
        return normalize(d, statistics[name], jnp.concatenate([features, proprioception]))

    # Q(S′, A′) − η log π(A′|S′)
    vectors = {
        name: vector_of(name, encode(d, parameters[name], following_image), following_proprioception) for name in passes
    }
    action, log_probability = sample(parameters["actor"], vectors[policy_encoder], following_noise)
    target = evaluate(parameters["critic"], vectors["encoder"], action) - d.entropy_coefficient * log_probability

    features = passes["encoder"][0]

    def policy_loss(actor, policy_features):
        action, log_probability = sample(actor, vector_of(policy_encoder, policy_features, proprioception), noise)
        value = evaluate(parameters["critic"], vector_of("encoder", features, proprioception), action)
        return d.entropy_coefficient * log_probability - value, action

    def value_loss(critic, features):
        value = evaluate(critic, vector_of("encoder", features, proprioception), action)
        delta = (reward + continues * d.discount * target - value) / scale
        return delta**2, (value, delta)

    gradients = {}
    (gradients["actor"], policy_feature_gradient), action = jax.grad(policy_loss, (0, 1), has_aux=True)(
        parameters["actor"], passes[policy_encoder][0]
    )
    (gradients["critic"], feature_gradient), (value, delta) = jax.grad(value_loss, (0, 1), has_aux=True)(
        parameters["critic"], features
    )
    # A shared encoder learns from the critic's loss alone.
    feature_gradients = {policy_encoder: policy_feature_gradient} | {"encoder": feature_gradient}
    for name, (_, backward) in passes.items():
        (gradients[name],) = backward(feature_gradients[name])
    new = {
        name: adam(d, parameters[name], gradients[name], moments[name], step, learning_rate(d, name + "."))
        for name in parameters
    }
    parameters, moments = ({name: pair[index] for name, pair in new.items()} for index in (0, 1))
    return parameters, moments, statistics, value, delta


class JAXPeer:
    """JAX, jitted: acting and learning are functions of the observation, so each encodes it."""

    name = "JAX jitted"
    keeps_pass = False
    library = "jax"
    layout = "HWC"

    def __init__(self, description, weights):
        self.description = description
        self.policy_encoder = "encoder" if description.shared else "actor.encoder"
        self.parameters = self._parameters(weights)
        self.moments = jax.tree.map(jnp.zeros_like, self.parameters)
        length = description.feature_count + description.proprioception_count
        self.statistics = {
            name: (jnp.zeros(length), jnp.ones(length), jnp.float32(NORMALIZER_PRIOR_COUNT))
            for name in {"encoder", self.policy_encoder}
        }
        self.scaler = TemporalDifferenceScaler()
        self.random = np.random.default_rng(1)
        self.steps = 0

    def _parameters(self, weights):
        def pair(name):
            weight = weights[name + ".weight"]
            weight = weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight.T
            return jnp.array(weight), jnp.array(weights[name + ".bias"])

        layers = range(0, 2 * len(self.description.convolutions), 2)
        names = {"encoder", self.policy_encoder}
        encoders = {name: [pair(f"{name}.convs.{index}") for index in layers] for name in names}
        return encoders | {
            "actor": {name: pair("actor." + name) for name in ("phi.0", "phi.2", "mu", "log_std")},
            "critic": {name: pair("critic." + name) for name in ("phi.0", "phi.2", "q")},
        }

    def _noise(self, noise):
        return self.random.standard_normal(self.description.action_count, dtype=np.float32) if noise is None else noise

    def _policy(self):
        name = self.policy_encoder
        return self.description, self.parameters[name], self.parameters["actor"], self.statistics[name]

    def infer(self, image, proprioception):
        return np.asarray(infer(*self._policy(), image, proprioception, self._noise(None)))

    def act(self, image, proprioception, noise=None):
        self.observation, self.noise = (image, proprioception), self._noise(noise)
        description, *policy = self._policy()
        action, self.log_probability, self.seen = act(
            description, self.keeps_pass, *policy, image, proprioception, self.noise
        )
        return np.asarray(action)

    def learn(self, reward, terminated, image, proprioception, noise=None):
        d = self.description
        self.steps += 1
        self.scale = self.scaler.update(
            reward - d.entropy_coefficient * float(self.log_probability), d.discount, terminated
        )
        self.parameters, self.moments, self.statistics, self.value, self.delta = learn(
            d, self.parameters, self.moments, self.statistics, self.seen, float(self.steps), self.observation,
            self.noise, (reward, 0.0 if terminated else 1.0, self.scale), (image, proprioception, self._noise(noise)),
        )
        jax.block_until_ready(self.parameters)

    def last_update(self):
        """Q(S, A) and δ."""
        return float(self.value), float(self.delta)

    def _named(self, tree):
        """PyTorch's names and shapes."""
        result = {}
        for part, layers in tree.items():
            named = {f"convs.{2 * i}": pair for i, pair in enumerate(layers)} if "encoder" in part else layers
            for name, (weight, bias) in named.items():
                weight = np.asarray(weight)
                weight = weight.transpose(3, 2, 0, 1) if weight.ndim == 4 else weight.T
                result[f"{part}.{name}.weight"], result[f"{part}.{name}.bias"] = weight.copy(), np.array(bias)
        return result

    def weights(self):
        return self._named(self.parameters)

    def second_moments(self):
        return self._named(self.moments)


class JAXTuned(JAXPeer):
    """The same, but the encoder's pass of S made for acting serves learning too."""

    name = "JAX tuned"
    keeps_pass = True
