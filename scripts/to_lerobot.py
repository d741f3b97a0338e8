#!/usr/bin/env python3
"""Writes a recorded log as a data set in LeRobot's layout (v3.0): images, signals, actions, rewards, by episode.

  scripts/to_lerobot.py run.mcap folder [--task "drive to the green target"]

The folder must not exist. It holds meta/info.json, meta/stats.json, meta/tasks.parquet, meta/episodes/…, and
data/chunk-000/file-000.parquet with a row for each step: the image that was acted on (PNG, in the table), the signals
besides it, the action, and reward and end of the step that followed. Steps without sight are left out. Needs mcap,
mcap-protobuf-support, numpy, pandas, pillow and pyarrow (scripts/formats/requirements.txt).
"""

import argparse
import io
import json
import os

import numpy
import pandas
import pyarrow
import pyarrow.parquet
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory
from PIL import Image

IMAGE = "observation.images.front"


def picture(topic_message):
    """A logged image as PNG, and as pixels [height, width, 3]."""
    if hasattr(topic_message, "encoding"):
        shape = (topic_message.height, topic_message.width, 3)
        pixels = numpy.frombuffer(topic_message.data, numpy.uint8).reshape(shape)
    else:
        pixels = numpy.asarray(Image.open(io.BytesIO(topic_message.data)).convert("RGB"))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue(), pixels


def steps(path):
    """Each step that was not blind: the image it answered, its signals, action, reward and end."""
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        image = seen = answered = action = None
        for _, channel, message, decoded in reader.iter_decoded_messages(log_time_order=False):
            if channel.topic == "/camera":
                image = decoded
            elif channel.topic == "/proprioception":
                answered, seen = seen, image if decoded.is_fresh else seen
                if not decoded.has_cycle:
                    answered = seen
            elif channel.topic == "/action":
                action = decoded
            elif channel.topic == "/outcome" and not decoded.stale and answered is not None:
                yield answered, action, decoded, message.log_time


def statistics(values):
    values = numpy.asarray(values, dtype=numpy.float64)
    if values.ndim == 1:
        values = values[:, None]
    return {
        "min": values.min(0).tolist(), "max": values.max(0).tolist(), "mean": values.mean(0).tolist(),
        "std": values.std(0).tolist(), "count": [len(values)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("folder")
    parser.add_argument("--task", default="drive to the green target")
    arguments = parser.parse_args()
    rows, colors, times = [], [], []
    first_of_episode = {}
    for answered, action, outcome, time in steps(arguments.log):
        png, pixels = picture(answered)
        colors.append(pixels.reshape(-1, 3) / 255.0)
        times.append(time)
        episode = first_of_episode.setdefault(outcome.episode, len(first_of_episode))
        frame = sum(1 for row in rows if row["episode_index"] == episode)
        rows.append({
            IMAGE: {"bytes": png, "path": None},
            "observation.state": list(action.observed), "action": list(action.chosen),
            "next.reward": outcome.reward, "next.done": bool(outcome.terminated or outcome.truncated),
            "next.success": bool(outcome.reached_goal), "timestamp": 0.0, "frame_index": frame,
            "episode_index": episode, "index": len(rows), "task_index": 0,
        })
    if not rows:
        raise SystemExit(f"{arguments.log}: holds no steps")
    periods = numpy.diff(times)
    fps = 1e9 / float(numpy.median(periods[periods > 0])) if len(times) > 1 else 1.0
    for row in rows:
        row["timestamp"] = row["frame_index"] / fps
    height, width = pixels.shape[:2]
    number = lambda kind, length, names=None: {"dtype": kind, "shape": [length], "names": names}
    features = {
        IMAGE: {"dtype": "image", "shape": [height, width, 3], "names": ["height", "width", "channels"]},
        "observation.state": number("float32", len(rows[0]["observation.state"])),
        "action": number("float32", len(rows[0]["action"]), ["left", "right"]),
        "next.reward": number("float32", 1), "next.done": number("bool", 1), "next.success": number("bool", 1),
        "timestamp": number("float32", 1), "frame_index": number("int64", 1), "episode_index": number("int64", 1),
        "index": number("int64", 1), "task_index": number("int64", 1),
    }
    kinds = {"float32": pyarrow.float32(), "int64": pyarrow.int64(), "bool": pyarrow.bool_()}
    fields = []
    for name, feature in features.items():
        if feature["dtype"] == "image":
            kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
        else:
            kind = kinds[feature["dtype"]]
            if name in ("observation.state", "action"):
                kind = pyarrow.list_(kind, feature["shape"][0])
        fields.append(pyarrow.field(name, kind))

    os.makedirs(arguments.folder)
    path = lambda *parts: os.path.join(arguments.folder, *parts)
    for folder in (("data", "chunk-000"), ("meta", "episodes", "chunk-000")):
        os.makedirs(path(*folder))
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(fields)), path("data", "chunk-000", "file-000.parquet"))
    pandas.DataFrame({"task_index": [0]}, index=[arguments.task]).to_parquet(path("meta", "tasks.parquet"))
    episodes = []
    for episode in range(len(first_of_episode)):
        own = [row["index"] for row in rows if row["episode_index"] == episode]
        episodes.append({
            "episode_index": episode, "tasks": [arguments.task], "length": len(own), "data/chunk_index": 0,
            "data/file_index": 0, "dataset_from_index": own[0], "dataset_to_index": own[-1] + 1,
            "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0,
        })
    pandas.DataFrame(episodes).to_parquet(path("meta", "episodes", "chunk-000", "file-000.parquet"))
    stats = {name: statistics([row[name] for row in rows]) for name in features if name != IMAGE}
    pixels = numpy.concatenate(colors)
    stats[IMAGE] = {
        key: value if key == "count" else [[[entry]] for entry in value] for key, value in statistics(pixels).items()}
    stats[IMAGE]["count"] = [len(rows)]
    with open(path("meta", "stats.json"), "w") as file:
        json.dump(stats, file, indent=1)
    with open(path("meta", "info.json"), "w") as file:
        json.dump({
            "codebase_version": "v3.0", "robot_type": "avg-vision", "total_episodes": len(episodes),
            "total_frames": len(rows), "total_tasks": 1, "chunks_size": 1000, "fps": round(fps),
            "splits": {"train": f"0:{len(episodes)}"},
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet", "video_path": None,
            "data_files_size_in_mb": 100, "video_files_size_in_mb": 200, "features": features,
        }, file, indent=1)
    print(f"{arguments.folder}: {len(episodes)} episodes, {len(rows)} steps")


if __name__ == "__main__":
    main()
