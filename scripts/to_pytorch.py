#!/usr/bin/env python3
"""Writes a checkpoint of this program as a PyTorch file in the layout of the published code (gauthamvasan/avg, AVG.save).

  scripts/to_pytorch.py runs/NAME/checkpoint.safetensors model.pt

`actor` and `critic` load into the published modules, `policy_opt` and `critic_opt` into their Adam optimisers. `encoder`
(and `actor_encoder`, where the actor has its own) are the convolutions, which the published modules do not have; their
features, behind proprioception's statistics in `normalizer`, are what actor and critic take. Needs torch and safetensors.
"""

import argparse

import safetensors
import torch


def module(tensors, prefix, exclude=()):
    """The state of one module: its tensors without the prefix."""
    return {
        name[len(prefix) + 1 :]: tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix + ".") and not any(name.startswith(part) for part in exclude)
    }


def optimizer(tensors, prefix, names, steps, learning_rate):
    """Adam's state for parameters in the order of the published module."""
    state = {}
    for index, name in enumerate(names):
        second = tensors[f"second_moment.{prefix}.{name}"]
        first = tensors.get(f"first_moment.{prefix}.{name}", torch.zeros_like(second))
        state[index] = {"step": torch.tensor(float(steps)), "exp_avg": first, "exp_avg_sq": second}
    template = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate).state_dict()["param_groups"][0]
    return {"state": state if steps else {}, "param_groups": [{**template, "params": list(range(len(names)))}]}


def ordered(names, heads):
    """The order in which the published modules hold their parameters."""
    order = ["phi.0", "phi.2", *heads]
    return [f"{layer}.{kind}" for layer in order for kind in ("weight", "bias") if f"{layer}.{kind}" in names]


def learning_rate(configuration, key):
    for line in configuration.splitlines():
        if line.strip().startswith(key + ":"):
            return float(line.split(":")[1])
    return 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("model")
    arguments = parser.parse_args()
    with safetensors.safe_open(arguments.checkpoint, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        metadata = file.metadata() or {}
    if not metadata.get("format", "").startswith("avg-vision "):
        raise SystemExit(f"{arguments.checkpoint}: no checkpoint of avg-vision")
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise SystemExit(f"{arguments.checkpoint}: {name} holds a number that is not finite; use one from before that")
    # Of the actor first, of the critic last.
    steps = tensors["optimizer.steps"].tolist()
    actor = module(tensors, "actor", exclude=("actor.encoder.", "actor.normalizer."))
    critic = module(tensors, "critic")
    configuration = metadata.get("configuration", "")
    model = {
        "actor": {name: actor[name] for name in ordered(actor, ("mu", "log_std"))},
        "critic": {name: critic[name] for name in ordered(critic, ("q",))},
        "policy_opt": optimizer(
            tensors, "actor", ordered(actor, ("mu", "log_std")), steps[0],
            learning_rate(configuration, "actorLearningRate")),
        "critic_opt": optimizer(
            tensors, "critic", ordered(critic, ("q",)), steps[-1], learning_rate(configuration, "criticLearningRate")),
        "encoder": module(tensors, "encoder"),
        "actor_encoder": module(tensors, "actor.encoder"),
        "normalizer": module(tensors, "normalizer"),
        "configuration": configuration,
    }
    torch.save(model, arguments.model)
    print(f"{arguments.model}: actor {len(model['actor'])} tensors, critic {len(model['critic'])}, after {steps[0]} updates")


if __name__ == "__main__":
    main()
