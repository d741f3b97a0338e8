#!/usr/bin/env python3
"""Brings the weights of a PyTorch file, as the published code (gauthamvasan/avg, AVG.save) or scripts/to_pytorch.py
writes it, into a checkpoint of this program.

  scripts/from_pytorch.py model.pt --onto runs/NAME/checkpoint.safetensors --output runs/brought/checkpoint.safetensors

The checkpoint given with --onto says what the network looks like, and keeps what the file does not have (encoder,
statistics, random sources). Actor and critic, their Adam moments and step counts, and the encoder if it is there, are
replaced; a tensor of another shape is refused. Start from it with `avg-vision run --start-from runs/brought`. Needs torch
and safetensors.
"""

import argparse
import os

import safetensors
import torch
from safetensors.torch import save_file


def replace(tensors, prefix, state, source):
    for name, tensor in state.items():
        target = f"{prefix}.{name}"
        if target not in tensors:
            raise SystemExit(f"{source}: {target} is not in the checkpoint")
        if tensors[target].shape != tensor.shape:
            raise SystemExit(
                f"{source}: {target} is {list(tensor.shape)}, the checkpoint's is {list(tensors[target].shape)}")
        if not torch.isfinite(tensor).all():
            raise SystemExit(f"{source}: {target} holds a number that is not finite; use weights from before that")
        tensors[target] = tensor.detach().to(torch.float32).contiguous().clone()


def bring_moments(tensors, prefix, names, optimizer, place, source):
    state = optimizer.get("state", {})
    if not state:
        return
    for index, name in enumerate(names):
        second = state[index]["exp_avg_sq"]
        replace(tensors, f"second_moment.{prefix}", {name: second}, source)
        # The program keeps none while β₁ is 0.
        if f"first_moment.{prefix}.{name}" in tensors:
            replace(tensors, f"first_moment.{prefix}", {name: state[index]["exp_avg"]}, source)
    tensors["optimizer.steps"][place] = int(state[0]["step"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--onto", required=True, metavar="CHECKPOINT")
    parser.add_argument("--output", required=True, metavar="CHECKPOINT")
    arguments = parser.parse_args()
    model = torch.load(arguments.model, map_location="cpu", weights_only=True)
    with safetensors.safe_open(arguments.onto, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        metadata = dict(file.metadata() or {})
    if not metadata.get("format", "").startswith("avg-vision "):
        raise SystemExit(f"{arguments.onto}: no checkpoint of avg-vision")
    for place, prefix, optimizer in ((0, "actor", "policy_opt"), (-1, "critic", "critic_opt")):
        replace(tensors, prefix, model[prefix], arguments.model)
        bring_moments(tensors, prefix, list(model[prefix]), model.get(optimizer, {}), place, arguments.model)
    for prefix, key in (("encoder", "encoder"), ("actor.encoder", "actor_encoder")):
        replace(tensors, prefix, model.get(key, {}), arguments.model)
    # What lay between two steps belongs to the old weights, and so does the checksum.
    for name in [name for name in tensors if name.startswith("pending.")]:
        del tensors[name]
    for key in ("run", "environment", "checksum"):
        metadata.pop(key, None)
    os.makedirs(os.path.dirname(os.path.abspath(arguments.output)), exist_ok=True)
    save_file(tensors, arguments.output, metadata)
    print(f"{arguments.output}: actor and critic of {arguments.model}")


if __name__ == "__main__":
    main()
