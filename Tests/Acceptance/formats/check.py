"""Opens what the program writes with other people's readers, and compares numbers. Called by check-formats."""

import io
import json
import os
import sys
import tempfile

import numpy
import pyarrow.parquet
import torch
from mcap.reader import NonSeekingReader, make_reader
from mcap_protobuf.decoder import DecoderFactory
from PIL import Image
from torch import nn

from library import PROGRAM, REPOSITORY, capture, check, run
from policy import Policy, read_checkpoint

SCRIPTS = REPOSITORY / "scripts"
TOPICS = {
    "/camera": "foxglove.RawImage",
    "/proprioception": "avg_vision.Proprioception",
    "/action": "avg_vision.Action",
    "/outcome": "avg_vision.Outcome",
    "/learning": "avg_vision.Learning",
}
TOLERANCE = 1e-5


def messages(path):
    """Every message of a log, decoded by the schemas that it carries, its checksums verified."""
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        return [(channel.topic, message) for _, channel, _, message in reader.iter_decoded_messages()]


def check_log(path, steps, learns):
    """mcap, with and without the index, and mcap-protobuf-support."""
    name = os.path.basename(path)
    with open(path, "rb") as file:
        summary = make_reader(file, validate_crcs=True).get_summary()
    kinds = {channel.topic: summary.schemas[channel.schema_id].name for channel in summary.channels.values()}
    check(kinds == TOPICS, f"{name}: five channels with their schemas")
    with open(path, "rb") as file:
        linear = sum(1 for _ in NonSeekingReader(file, validate_crcs=True).iter_messages())
    decoded = messages(path)
    check(linear == len(decoded) == summary.statistics.message_count, f"{name}: {linear} messages, every CRC right")
    counts = {topic: sum(1 for other, _ in decoded if other == topic) for topic in TOPICS}
    check(counts["/action"] == counts["/outcome"] == steps, f"{name}: {steps} actions and outcomes")
    check(counts["/learning"] == (steps if learns else 0), f"{name}: {counts['/learning']} updates")
    images = [message for topic, message in decoded if topic == "/camera"]
    check(
        all(image.encoding == "rgb8" and len(image.data) == image.step * image.height for image in images),
        f"{name}: {len(images)} images of rgb8")
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True)
        names = [attachment.name for attachment in reader.iter_attachments()]
        entries = {key for record in reader.iter_metadata() for key in record.metadata}
    check(names == ["start.safetensors", "final.safetensors"], f"{name}: both checkpoints are attached")
    check({"configuration", "version"} <= entries, f"{name}: configuration and version stand in the metadata")


def check_rerun(path, folder):
    """rerun-sdk's reader, which also converts the log to its own format."""
    program = os.path.join(os.path.dirname(sys.executable), "rerun")
    converted = os.path.join(folder, "log.rrd")
    for arguments in (["mcap", "check", path], ["mcap", "convert", path, "-o", converted], ["rrd", "verify", converted]):
        result = capture(program, *arguments)
        check(result.returncode == 0, f"rerun {arguments[0]} {arguments[1]}" + ("" if result.returncode == 0 else result.stderr))
    statistics = capture(program, "rrd", "stats", converted).stdout
    check(all(topic in statistics for topic in TOPICS), "rerun has every channel")


def check_data_set(log, folder):
    """to_lerobot.py's folder, by what LeRobot 0.6.1 asks of one (its video tools look frames up by index / fps)."""
    result = capture(sys.executable, SCRIPTS / "to_lerobot.py", log, folder)
    check(result.returncode == 0, f"to_lerobot.py {result.stdout or result.stderr}".strip())
    table = lambda *parts: pyarrow.parquet.read_table(os.path.join(folder, *parts))
    document = lambda name: json.load(open(os.path.join(folder, "meta", name)))
    info, stats = document("info.json"), document("stats.json")
    data = table("data", "chunk-000", "file-000.parquet")
    frames, stamps = (numpy.array(data[name]) for name in ("frame_index", "timestamp"))
    check(info["fps"] == 22 and len(data) == info["total_frames"] == 400, "LeRobot: 400 steps of 22 frames/s")
    check(bool(numpy.all(numpy.abs(stamps - frames / info["fps"]) < 1e-4)), "LeRobot: stamps are index / fps")
    keys = {"min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99"}
    check(
        set(stats) == set(info["features"]) and all(set(entries) == keys for entries in stats.values()),
        "LeRobot: every feature has its statistics, quantiles among them")
    image = "observation.images.front"
    shapes = {name: numpy.shape(entries["q50"]) for name, entries in stats.items()}
    check(shapes[image] == (3, 1, 1) and shapes["action"] == (2,), "LeRobot: statistics have their shapes")
    ordered = all(
        numpy.all(numpy.diff([numpy.array(entries[key]) for key in ("min", "q01", "q10", "q50", "q90", "q99", "max")], axis=0) >= 0)
        for entries in stats.values())
    check(ordered, "LeRobot: quantiles rise from the least to the greatest value")
    episodes = table("meta", "episodes", "chunk-000", "file-000.parquet")
    check(
        sum(episodes["length"].to_pylist()) == 400 and f"stats/{image}/q99" in episodes.column_names,
        f"LeRobot: {len(episodes)} episodes with their own statistics")
    seen = [message for topic, message in messages(log) if topic == "/camera"]
    picture = numpy.asarray(Image.open(io.BytesIO(data[image][0].as_py()["bytes"])))
    check(picture.tobytes() == seen[0].data, "LeRobot: the first image is the log's")


def recorded_actions(path):
    """Frames, signals, noise and action of every step, as the agent had them."""
    stack, rows, fresh = [], [], None
    for topic, message in messages(path):
        if topic == "/camera":
            fresh = numpy.frombuffer(message.data, numpy.uint8).reshape(message.height, message.width, 3)
        elif topic == "/proprioception":
            observed = list(stack)
            if message.is_start or not stack:
                stack = observed = [fresh] * 3
            elif message.has_cycle:
                stack = [*stack[1:], fresh]
        elif topic == "/action":
            rows.append((numpy.stack(observed), list(message.observed), list(message.noise), list(message.chosen)))
    return [torch.tensor(numpy.array(column)) for column in zip(*rows)]


def largest_difference(checkpoint, log):
    tensors, metadata = read_checkpoint(checkpoint)
    frames, signals, noise, chosen = recorded_actions(log)
    with torch.no_grad():
        actions = Policy(tensors, metadata)(frames, signals.double(), noise.double())
    return (actions - chosen).abs().max().item(), len(chosen)


def published_modules(tensors):
    """Freshly drawn actor and critic of the shapes of a checkpoint, in the layout of the published code."""
    torch.manual_seed(1)
    model = {}
    for prefix, names in (("actor", ("mu", "log_std")), ("critic", ("q",))):
        units, inputs = tensors[f"{prefix}.phi.0.weight"].shape
        network = nn.Module()
        network.phi = nn.Sequential(nn.Linear(inputs, units), nn.LeakyReLU(), nn.Linear(units, units), nn.LeakyReLU())
        for name in names:
            network.add_module(name, nn.Linear(units, tensors[f"{prefix}.{name}.weight"].shape[0]))
        model[prefix] = network.state_dict()
    model["policy_opt"] = {"state": {}, "param_groups": []}
    model["critic_opt"] = {"state": {}, "param_groups": []}
    return model


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        run(
            PROGRAM, "train", "--steps", "400", "--set", "task.timeLimitSteps=60", "--record", path("train.mcap"),
            "--output", path("train"))
        check_log(path("train.mcap"), 400, True)
        check_rerun(path("train.mcap"), folder)

        check_data_set(path("train.mcap"), path("lerobot"))

        checkpoint = path("train/checkpoint.safetensors")
        tensors, metadata = read_checkpoint(checkpoint)
        check(metadata["format"].startswith("avg-vision ") and "encoder.convs.0.weight" in tensors, "safetensors reads")

        def act(start, name):
            run(
                PROGRAM, "--camera", path("train.mcap"), "--no-learn", "--start-from", path(start), "--config",
                path("train/configuration.yaml"), "--record", path(name + ".mcap"), "--output", path(name))
            difference, count = largest_difference(path(start + "/checkpoint.safetensors"), path(name + ".mcap"))
            check(difference < TOLERANCE, f"{count} actions by PyTorch with weights of '{start}': within {difference:.1e}")

        act("train", "acted")
        check_log(path("acted.mcap"), sum(1 for topic, _ in messages(path("acted.mcap")) if topic == "/action"), False)

        run(sys.executable, SCRIPTS / "to_pytorch.py", checkpoint, path("model.pt"))
        run(
            sys.executable, SCRIPTS / "from_pytorch.py", path("model.pt"), "--onto", checkpoint, "--output",
            path("back/checkpoint.safetensors"))
        back, _ = read_checkpoint(path("back/checkpoint.safetensors"))
        check(
            all(torch.equal(tensor, back[name]) for name, tensor in tensors.items() if not name.startswith("pending.")),
            "to PyTorch and back changes no tensor")
        torch.save(published_modules(tensors), path("published.pt"))
        run(
            sys.executable, SCRIPTS / "from_pytorch.py", path("published.pt"), "--onto", checkpoint,
            "--output", path("brought/checkpoint.safetensors"))
        act("brought", "acted-brought")
    print("check-formats: all checks passed")


if __name__ == "__main__":
    main()
