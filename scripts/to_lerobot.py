#!/usr/bin/env python3
"""Writes a recorded log as a data set in LeRobot's layout (v3.0): images, signals, actions, rewards, by episode.

  scripts/to_lerobot.py run.mcap folder [--task "drive to the green target"]

The folder must not exist. It holds meta/info.json, meta/stats.json, meta/tasks.parquet, meta/episodes/…, and
data/chunk-000/file-000.parquet with a row for each step: the image that was acted on (PNG, in the table), the signals
besides it, the action, and reward and end of the step that followed. Steps without sight are left out. LeRobot counts
whole frames per second: a log of cycles of 45 ms becomes one of 22, with stamps of index / 22. Needs mcap,
mcap-protobuf-support, numpy, pandas, pillow and pyarrow (Tests/Acceptance/formats/requirements.txt).
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
# Of which LeRobot keeps the quantiles: q01, q10, q50, q90, q99.
QUANTILES = (0.01, 0.1, 0.5, 0.9, 0.99)


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
    """What LeRobot's own writer keeps of an episode's values [count, length]; quantiles without interpolation."""
    values = numpy.asarray(values, dtype=numpy.float64)
    entries = {"min": values.min(0), "max": values.max(0), "mean": values.mean(0), "std": values.std(0)}
    for share in QUANTILES:
        entries[f"q{round(100 * share):02d}"] = numpy.quantile(values, share, axis=0, method="inverted_cdf")
    return entries


def join(episodes):
    """The statistics of all episodes, as LeRobot joins them: quantiles are means, weighted by the episodes' lengths."""
    counts = numpy.array([episode["count"][0] for episode in episodes], dtype=numpy.float64)
    column = lambda key: numpy.array([episode[key] for episode in episodes])
    mean = lambda key: numpy.average(column(key), axis=0, weights=counts)
    joined = {key: mean(key) for key in episodes[0] if key.startswith("q")}
    joined |= {"min": column("min").min(0), "max": column("max").max(0), "mean": mean("mean")}
    spread = column("std") ** 2 + (column("mean") - joined["mean"]) ** 2
    joined["std"] = numpy.sqrt(numpy.average(spread, axis=0, weights=counts))
    return {key: value.tolist() for key, value in joined.items()} | {"count": [int(counts.sum())]}


class DataSet:
    """A folder in LeRobot's layout, written episode by episode: no more than one is in memory."""

    def __init__(self, folder, task, fps):
        self.folder, self.task, self.fps = folder, task, fps
        for parts in (("data", "chunk-000"), ("meta", "episodes", "chunk-000")):
            os.makedirs(self.path(*parts))
        self.table = self.features = None
        self.episodes, self.statistics, self.count = [], [], 0

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def define(self, row, pixels):
        """The columns, by the first step."""
        height, width = pixels.shape[:2]
        number = lambda kind, length, names=None: {"dtype": kind, "shape": [length], "names": names}
        self.features = {
            IMAGE: {"dtype": "image", "shape": [height, width, 3], "names": ["height", "width", "channels"]},
            "observation.state": number("float32", len(row["observation.state"])),
            "action": number("float32", len(row["action"]), ["left", "right"]),
            "next.reward": number("float32", 1), "next.done": number("bool", 1), "next.success": number("bool", 1),
            "timestamp": number("float32", 1), "frame_index": number("int64", 1), "episode_index": number("int64", 1),
            "index": number("int64", 1), "task_index": number("int64", 1),
        }
        kinds = {"float32": pyarrow.float32(), "int64": pyarrow.int64(), "bool": pyarrow.bool_()}
        fields = []
        for name, feature in self.features.items():
            if feature["dtype"] == "image":
                kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
            else:
                kind = kinds[feature["dtype"]]
                if name in ("observation.state", "action"):
                    kind = pyarrow.list_(kind, feature["shape"][0])
            fields.append(pyarrow.field(name, kind))
        self.schema = pyarrow.schema(fields)
        self.table = pyarrow.parquet.ParquetWriter(self.path("data", "chunk-000", "file-000.parquet"), self.schema)

    def append(self, steps):
        """An episode: for each step its row, without the places in time and order, and its pixels."""
        if self.table is None:
            self.define(*steps[0])
        rows = []
        for frame, (row, _) in enumerate(steps):
            # LeRobot's tools know whole frames per second only, and look frames up by index / fps.
            rows.append(row | {
                "timestamp": frame / self.fps, "frame_index": frame, "episode_index": len(self.episodes),
                "index": self.count + frame, "task_index": 0})
        self.table.write_table(pyarrow.Table.from_pylist(rows, schema=self.schema))
        column = lambda name: numpy.array([row[name] for row in rows], dtype=numpy.float64).reshape(len(rows), -1)
        own = {name: statistics(column(name)) for name in self.features if name != IMAGE}
        pixels = numpy.concatenate([pixels.reshape(-1, 3) for _, pixels in steps])
        # A channel's numbers lie in 0…1, and have the shape [3, 1, 1].
        own[IMAGE] = {key: (value / 255).reshape(3, 1, 1) for key, value in statistics(pixels).items()}
        for entries in own.values():
            entries["count"] = numpy.array([len(rows)])
        self.statistics.append(own)
        self.episodes.append({
            "episode_index": len(self.episodes), "tasks": [self.task], "length": len(rows), "data/chunk_index": 0,
            "data/file_index": 0, "dataset_from_index": self.count, "dataset_to_index": self.count + len(rows),
        } | {f"stats/{name}/{key}": value.tolist() for name, entries in own.items() for key, value in entries.items()}
          | {"meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0})
        self.count += len(rows)

    def close(self):
        self.table.close()
        pandas.DataFrame({"task_index": [0]}, index=[self.task]).to_parquet(self.path("meta", "tasks.parquet"))
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist(self.episodes), self.path("meta", "episodes", "chunk-000", "file-000.parquet"))
        joined = {name: join([episode[name] for episode in self.statistics]) for name in self.features}
        with open(self.path("meta", "stats.json"), "w") as file:
            json.dump(joined, file, indent=1)
        with open(self.path("meta", "info.json"), "w") as file:
            json.dump({
                "codebase_version": "v3.0", "robot_type": "avg-vision", "total_episodes": len(self.episodes),
                "total_frames": self.count, "total_tasks": 1, "chunks_size": 1000, "fps": self.fps,
                "splits": {"train": f"0:{len(self.episodes)}"},
                "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet", "video_path": None,
                "data_files_size_in_mb": 100, "video_files_size_in_mb": 200, "features": self.features,
            }, file, indent=1)


def frames_per_second(path):
    """The middle of the log's own rates, as a whole number; 22, of control cycles of 45 ms, where it has no times."""
    times = numpy.array([time for *_, time in steps(path)], dtype=numpy.uint64).astype(numpy.int64)
    periods = numpy.diff(times)
    # Neither images without times nor a clock that was set.
    periods = periods[periods > 500_000]
    return max(1, round(1e9 / float(numpy.median(periods)))) if len(periods) else 22


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("folder")
    parser.add_argument("--task", default="drive to the green target")
    arguments = parser.parse_args()
    if os.path.exists(arguments.folder):
        raise SystemExit(f"{arguments.folder}: exists already. Name a new folder.")
    if next(steps(arguments.log), None) is None:
        raise SystemExit(f"{arguments.log}: holds no steps")
    data = DataSet(arguments.folder, arguments.task, frames_per_second(arguments.log))
    episode, number = [], None
    for answered, action, outcome, _ in steps(arguments.log):
        if episode and outcome.episode != number:
            data.append(episode)
            episode = []
        number = outcome.episode
        png, pixels = picture(answered)
        episode.append(({
            IMAGE: {"bytes": png, "path": None},
            "observation.state": list(action.observed), "action": list(action.chosen),
            "next.reward": outcome.reward, "next.done": bool(outcome.terminated or outcome.truncated),
            "next.success": bool(outcome.reached_goal),
        }, pixels))
    data.append(episode)
    data.close()
    print(f"{arguments.folder}: {len(data.episodes)} episodes, {data.count} steps, {data.fps} frames/s")


if __name__ == "__main__":
    main()
