"""Reads a run's folder with TensorBoard and pandas, and compares what they found with each other."""

import io
import math
import pathlib
import sys

import pandas
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from library import expect

SCALARS = {
    "episode/return", "episode/length", "episode/success", "episode/successRate",
    "learning/temporalDifferenceError", "learning/absoluteTemporalDifferenceError",
    "learning/temporalDifferenceScale", "learning/entropy", "learning/value", "learning/refusedUpdates",
    "control/stepsPerSecond", "control/missedCycles", "control/staleSteps", "control/nonFiniteActions",
}
IMAGES = {"camera/view", "camera/imagePoints", "camera/features"}


def check_scalars(events, metrics):
    tags = set(events.Tags()["scalars"])
    expect(SCALARS <= tags, f"scalars are missing: {sorted(SCALARS - tags)}")
    for tag in sorted(tags):
        column = metrics[["step", tag]].dropna()
        values = events.Scalars(tag)
        expect([value.step for value in values] == list(column["step"]), f"{tag}: other steps than in metrics.jsonl")
        times = [value.wall_time for value in values]
        expect(times == sorted(times), f"{tag}: a curve over time runs backwards")
        for value, expected in zip(values, column[tag]):
            close = math.isclose(value.value, expected, rel_tol=1e-6, abs_tol=1e-12)
            expect(close, f"{tag} at {value.step}: {value.value}, in metrics.jsonl {expected}")
    return len(tags)


def check_images(events):
    tags = set(events.Tags()["images"])
    expect(IMAGES == tags, f"images: {sorted(tags)}")
    count = 0
    for tag in sorted(tags):
        for event in events.Images(tag):
            picture = Image.open(io.BytesIO(event.encoded_image_string))
            picture.load()
            expect(picture.size == (event.width, event.height), f"{tag}: {picture.size}, announced otherwise")
            expect(len(picture.getcolors(1 << 24)) > 20, f"{tag} at {event.step}: an empty picture")
            count += 1
    sizes = {tag: (events.Images(tag)[0].width, events.Images(tag)[0].height) for tag in tags}
    expect(sizes["camera/view"] == (160, 90), f"camera/view: {sizes['camera/view']}")
    return count


def check_histograms(events):
    tags = set(events.Tags()["histograms"])
    weights = {tag for tag in tags if tag.startswith("weights/")}
    expect(len(weights) >= 10 and {"actions/0", "actions/1"} <= tags, f"histograms: {sorted(tags)}")
    for tag in sorted(tags):
        for event in events.Histograms(tag):
            histogram = event.histogram_value
            expect(len(histogram.bucket_limit) == len(histogram.bucket), f"{tag}: buckets and limits differ")
            expect(sum(histogram.bucket) == histogram.num > 0, f"{tag}: {histogram.num} numbers, not in buckets")
            expect(list(histogram.bucket_limit) == sorted(set(histogram.bucket_limit)), f"{tag}: limits unsorted")
    first, last = (events.Histograms("weights/critic.q.weight")[index].histogram_value for index in (0, -1))
    expect(first.sum != last.sum, "the critic's weights stayed the same")
    return len(tags)


def main():
    folder = pathlib.Path(sys.argv[1])
    episodes = pandas.read_csv(folder / "episodes.csv")
    metrics = pandas.read_json(folder / "metrics.jsonl", lines=True)
    expect(len(episodes) > 0 and list(episodes["step"]) == list(metrics["step"]), "the two tables differ in steps")
    expect(metrics["step"].is_monotonic_increasing and metrics["time"].is_monotonic_increasing, "a table runs backwards")
    for name in ("return", "length", "success"):
        expect(list(episodes[name]) == list(metrics[f"episode/{name}"]), f"the two tables differ in {name}")
    # 0 keeps everything, where the default keeps a sample.
    events = EventAccumulator(str(folder), size_guidance=dict.fromkeys(("scalars", "images", "histograms"), 0))
    events.Reload()
    counts = check_scalars(events, metrics), check_images(events), check_histograms(events)
    print(
        f"check-tensorboard: {len(episodes)} episodes; TensorBoard read {counts[0]} scalars as metrics.jsonl has them, "
        f"{counts[1]} pictures and {counts[2]} histograms; pandas read both tables"
    )


main()
