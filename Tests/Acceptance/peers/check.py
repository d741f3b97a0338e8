"""Checks that a peer computes the network and the update of the reference vectors.

The tolerances are those of datasets/golden/README.md. There are no reference vectors of separate encoders: there the
peers are held to PyTorch as published, which differs from its shared form in the second encoder alone.
"""

from dataclasses import dataclass, replace

import numpy as np

from description import initial_weights, learning_rate


@dataclass
class Trace:
    """What a learner computed on the stored transitions."""

    actions: np.ndarray
    values: np.ndarray
    deltas: np.ndarray
    first_gradients: dict  # magnitudes
    weights: dict


def follow(make_peer, description, tensors):
    """Runs a peer on the stored transitions and noise."""
    peer = make_peer(description, initial_weights(tensors, description.shared))
    decay = description.second_moment_decay
    arrange = lambda image: image if peer.layout == "CHW" else np.ascontiguousarray(image.transpose(1, 2, 0))
    actions, values, deltas = [], [], []
    for step in range(len(tensors["reward"])):
        row = {name: tensors[name][step] for name in tensors if not name.startswith(("initial.", "final.", "first_"))}
        actions.append(peer.act(arrange(row["image"]), row["proprioception"], row["noise"]).copy())
        peer.learn(
            float(row["reward"]), bool(row["terminated"]), arrange(row["next_image"]), row["next_proprioception"],
            row["next_noise"],
        )
        value, delta = peer.last_update()
        values.append(value)
        deltas.append(delta)
        if step == 0:
            # With β₁ = 0 and zero moments, the second moment is (1 − β₂)·gradient².
            gradients = {name: np.sqrt(v / (1 - decay)) for name, v in peer.second_moments().items()}
    return Trace(np.array(actions), np.array(values), np.array(deltas), gradients, peer.weights())


def reference_trace(tensors):
    """The trace that the reference vectors hold."""
    take = lambda prefix: {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}
    return Trace(
        tensors["step.action"], tensors["step.q"], tensors["step.delta"],
        {name: np.abs(value) for name, value in take("first_gradient.").items()}, take("final."),
    )


def deviations(description, tensors, found, wanted):
    """The largest deviation of each kind, as a share of what is allowed: (kind, share, deviation)."""
    initial, steps = initial_weights(tensors, description.shared), len(tensors["reward"])
    last_bias = f"encoder.convs.{2 * len(description.convolutions) - 2}.bias"
    assert found.weights.keys() == wanted.weights.keys() == initial.keys()
    largest = lambda a, b: float(np.max(np.abs(a - b)))
    result = [
        (kind, deviation / 1e-4, deviation)
        for kind, deviation in [
            ("action", largest(found.actions, wanted.actions)),
            ("value", largest(found.values, wanted.values)),
            ("TD error", largest(found.deltas, wanted.deltas)),
        ]
    ]
    for name, weight in wanted.weights.items():
        gradient = wanted.first_gradients[name]
        difference = np.abs(found.weights[name] - weight)
        bound = 2 * learning_rate(description, name) * steps
        result.append((f"every weight of {name}", float(difference.max()) / bound, float(difference.max())))
        if name.endswith(last_bias):
            continue  # its true gradient is zero: a softmax takes no notice of it
        deviation = largest(found.first_gradients[name], gradient)
        result.append((f"first gradient of {name}", deviation / (1e-3 * gradient.max() + 1e-7), deviation))
        held = (gradient == 0) | (gradient >= 1e-5 * gradient.max())
        change = float(np.max(np.abs(weight - initial[name])))
        usual = float(np.quantile(difference[held], 0.99))
        result.append((f"99 % of the weights of {name}", usual / (0.02 * change) if change else usual * 1e9, usual))
    return result


def check(peers, description, tensors):
    """Prints each peer's largest deviation; gives whether all are within what is allowed."""
    agrees = True
    for shared in (True, False):
        form = replace(description, shared=shared)
        wanted = reference_trace(tensors) if shared else follow(peers[0], form, tensors)
        for make_peer in peers if shared else peers[1:]:
            found = deviations(form, tensors, follow(make_peer, form, tensors), wanted)
            kind, share, deviation = max(found, key=lambda entry: entry[1] if entry[1] == entry[1] else np.inf)
            fits = all(entry[1] <= 1 for entry in found)
            agrees = agrees and fits
            print(
                f"{'same' if fits else 'DIFFERENT'}  {make_peer.name}, {'shared' if shared else 'separate'}: "
                f"largest deviation {deviation:.1e}, {100 * share:.3g} % of what is allowed ({kind})"
            )
    return agrees
