"""Logs of other people's writers, each with images in another form: the program's pictures of them are compared with
what numpy and Pillow make of the same pixels. Called by check-formats."""

import base64
import io
import json
import os
import shutil
import tempfile

import foxglove
import numpy
from foxglove import messages as fox
from foxglove.channels import CompressedImageChannel, RawImageChannel
from mcap.reader import make_reader
from mcap.writer import Writer
from mcap_ros1.decoder import DecoderFactory
from PIL import Image, ImageOps
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
from rosbags.rosbag2 import Writer as BagWriter
from rosbags.typesys import Stores, get_typestore

from library import PROGRAM, capture, check

WIDTH, HEIGHT, START, PERIOD = 320, 180, 1_700_000_000_000_000_000, 45_000_000
ROS1, ROS2 = get_typestore(Stores.ROS1_NOETIC), get_typestore(Stores.ROS2_HUMBLE)


def picture():
    """Smooth colours, away from black and white: no conversion cuts anything off."""
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    return numpy.stack([60 + x * 120 // WIDTH, 60 + y * 120 // HEIGHT, 180 - (x + y) * 100 // 500], 2).astype(numpy.uint8)


def halved(pixels):
    """The mean of each 2 × 2 pixels."""
    return pixels.astype(float).reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 3).mean((1, 3))


def luma_and_differences(rgb):
    """BT.601 in limited range; differences for each two columns."""
    r, g, b = numpy.moveaxis(rgb.astype(float), 2, 0)
    y = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255
    cb = 128 + (-37.797 * r - 74.203 * g + 112 * b) / 255
    cr = 128 + (112 * r - 93.786 * g - 18.214 * b) / 255
    pairs = lambda plane: plane.reshape(HEIGHT, WIDTH // 2, 2).mean(2)
    return [numpy.rint(plane).astype(numpy.uint8) for plane in (y, pairs(cb), pairs(cr))]


def mosaic(rgb, order):
    channels = ["rgb".index(letter) for letter in order]
    pixels = numpy.empty((HEIGHT, WIDTH), numpy.uint8)
    for place, channel in enumerate(channels):
        pixels[place // 2 :: 2, place % 2 :: 2] = rgb[place // 2 :: 2, place % 2 :: 2, channel]
    blocks = [rgb[place // 2 :: 2, place % 2 :: 2, channel].astype(float) for place, channel in enumerate(channels)]
    expected = numpy.stack([sum(b for b, c in zip(blocks, channels) if c == n) / channels.count(n) for n in range(3)], 2)
    return pixels, expected


def encodings():
    """By name: the pixels, the bytes of a row, what should be seen, whether it is big-endian, and the levels allowed."""
    rgb = picture()
    alpha = numpy.full((HEIGHT, WIDTH, 1), 77, numpy.uint8)
    y, cb, cr = luma_and_differences(rgb)
    rows = lambda plane: plane.reshape(HEIGHT // 2, 2, WIDTH // 2).mean(1).round().astype(numpy.uint8)
    semi = lambda first, second: y.tobytes() + numpy.stack([rows(first), rows(second)], 2).tobytes()
    packed = lambda *order: numpy.stack([plane for plane in order], 2).tobytes()
    y0, y1 = y[:, 0::2], y[:, 1::2]
    deep = rgb.astype(numpy.uint16) * 257 + 60
    grey = rgb[:, :, 0]
    result = {
        "rgb8": (rgb, 960, rgb, 0, 1),
        "bgr8": (rgb[:, :, ::-1], 960, rgb, 0, 1),
        "rgba8": (numpy.concatenate([rgb, alpha], 2), 1280, rgb, 0, 1),
        "bgra8": (numpy.concatenate([rgb[:, :, ::-1], alpha], 2), 1280, rgb, 0, 1),
        "8UC1": (grey, 320, numpy.repeat(grey[:, :, None], 3, 2), 0, 1),
        "8UC3": (rgb[:, :, ::-1], 960, rgb, 0, 1),
        "8UC4": (numpy.concatenate([rgb[:, :, ::-1], alpha], 2), 1280, rgb, 0, 1),
        "mono8": (grey, 320, numpy.repeat(grey[:, :, None], 3, 2), 0, 1),
        "mono16": (deep[:, :, 0], 640, numpy.repeat(grey[:, :, None], 3, 2), 0, 1),
        "rgb16": (deep, 1920, rgb, 0, 1),
        "bgr16": (deep[:, :, ::-1].astype(">u2"), 1920, rgb, 1, 1),
        "nv12": (semi(cb, cr), 320, rgb, 0, 3),
        "nv21": (semi(cr, cb), 320, rgb, 0, 3),
        "yuyv": (packed(y0, cb, y1, cr), 640, rgb, 0, 3),
        "uyvy": (packed(cb, y0, cr, y1), 640, rgb, 0, 3),
    }
    result = {
        name: (data if isinstance(data, bytes) else numpy.ascontiguousarray(data).tobytes(), step, halved(seen), big, levels)
        for name, (data, step, seen, big, levels) in result.items()
    }
    for order in ("rggb", "bggr", "gbrg", "grbg"):
        pixels, expected = mosaic(rgb, order)
        result[f"bayer_{order}8"] = (pixels.tobytes(), 320, expected, 0, 1)
        result[f"bayer_{order}16"] = ((pixels.astype("<u2") * 257).tobytes(), 640, expected, 0, 1)
    return result


def ros_image(store, data, encoding, step, big=0):
    head = store.types["std_msgs/msg/Header"]
    time = store.types["builtin_interfaces/msg/Time"](sec=1, nanosec=2)
    extra = {"seq": 1} if store is ROS1 else {}
    return store.types["sensor_msgs/msg/Image"](
        header=head(stamp=time, frame_id="camera", **extra), height=HEIGHT, width=WIDTH, encoding=encoding,
        is_bigendian=big, step=step, data=numpy.frombuffer(data, numpy.uint8))


def write_bag(path, topics, mode=None, count=3):
    """topics: name to (data, encoding, step, is big-endian)."""
    writer = BagWriter(path, version=9, storage_plugin=StoragePlugin.MCAP)
    if mode:
        writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer as bag:
        kind = "sensor_msgs/msg/Image"
        connections = {topic: bag.add_connection(topic, kind, typestore=ROS2) for topic in topics}
        for index in range(count):
            for topic, image in topics.items():
                bag.write(
                    connections[topic], START + index * PERIOD, ROS2.serialize_cdr(ros_image(ROS2, *image), kind))
    return path


def jpeg(orientation=None):
    """A JPEG image of the picture; turned so that EXIF's orientation turns it back."""
    image, output = Image.fromarray(picture()), io.BytesIO()
    if orientation is None:
        image.save(output, "jpeg", quality=95)
        return output.getvalue()
    undo = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[orientation]
    exif = Image.Exif()
    exif[274] = undo
    image.info["exif"] = exif.tobytes()
    turned = ImageOps.exif_transpose(image)
    exif[274] = orientation
    turned.save(output, "jpeg", quality=95, exif=exif, subsampling=0)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(output.getvalue())))
    assert shown.size == image.size and abs(numpy.asarray(shown).astype(int) - picture()).max() < 12
    return output.getvalue()


def write_foxglove(path):
    """Foxglove's own library: JSON with a schema that it invents, JSON with a named one, protobuf."""
    coded = base64.b64encode(jpeg()).decode()
    raw = {"width": WIDTH, "height": HEIGHT, "encoding": "rgb8", "step": 960, "frame_id": "camera"}
    with foxglove.open_mcap(path):
        invented = foxglove.Channel("/json/compressed", message_encoding="json")
        named = foxglove.Channel(
            "/json/raw", message_encoding="json",
            schema=foxglove.Schema(name="foxglove.RawImage", encoding="jsonschema", data=b'{"type":"object"}'))
        compressed, pixels = CompressedImageChannel("/protobuf/compressed"), RawImageChannel("/protobuf/raw")
        for index in range(3):
            time = START + index * PERIOD
            invented.log({"timestamp": {"sec": 1, "nsec": 2}, "frame_id": "c", "data": coded, "format": "jpeg"}, log_time=time)
            named.log({**raw, "data": base64.b64encode(picture().tobytes()).decode()}, log_time=time)
            compressed.log(fox.CompressedImage(data=jpeg(), format="jpeg", frame_id="c"), log_time=time)
            pixels.log(fox.RawImage(data=picture().tobytes(), **raw), log_time=time)


def write_ros1(path):
    """As mcap's own converter writes bags of ROS 1; mcap-ros1-support reads it."""
    kind = "sensor_msgs/msg/Image"
    with open(path, "wb") as file:
        writer = Writer(file)
        writer.start("ros1", "test")
        schema = writer.register_schema(
            "sensor_msgs/Image", "ros1msg", ROS1.generate_msgdef(kind, ros_version=1)[0].encode())
        channel = writer.register_channel("/camera", "ros1", schema)
        message = bytes(ROS1.serialize_ros1(ros_image(ROS1, picture().tobytes(), "rgb8", 960), kind))
        for index in range(3):
            writer.add_message(channel, START + index * PERIOD, message, START + index * PERIOD)
        writer.finish()
    with open(path, "rb") as file:
        decoded = [m for _, _, _, m in make_reader(file, decoder_factories=[DecoderFactory()]).iter_decoded_messages()]
    check(len(decoded) == 3 and decoded[0].encoding == "rgb8", "mcap-ros1-support reads the same log")


def write_jpegs(path, images):
    """foxglove.CompressedImage as JSON, one topic for each image."""
    with open(path, "wb") as file:
        writer = Writer(file)
        writer.start("", "test")
        schema = writer.register_schema("foxglove.CompressedImage", "jsonschema", b"{}")
        for topic, data in images.items():
            channel = writer.register_channel(topic, "json", schema)
            text = json.dumps({"data": base64.b64encode(data).decode(), "format": "jpeg"}).encode()
            for index in range(2):
                writer.add_message(channel, START + index * PERIOD, text, START + index * PERIOD)
        writer.finish()


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)

        def export(log, topic=None):
            """The first picture, how many there are, and what was said."""
            shutil.rmtree("out", ignore_errors=True)
            arguments = ["--topic", topic] if topic else []
            result = capture(PROGRAM, "log", "export", log, "--output", "out", "--format", "png", *arguments)
            said = result.stdout + result.stderr
            if result.returncode:
                raise SystemExit(f"FAIL  {log} {topic or ''}: {said}")
            frames = sorted(os.listdir("out/frames"))
            return numpy.asarray(Image.open(f"out/frames/{frames[0]}")).astype(float), len(frames), said

        def compare(name, log, topic, expected, levels, count=3):
            seen, found, _ = export(log, topic)
            difference = abs(seen - expected).max()
            check(found == count and difference <= levels, f"{name}: {found} images, within {difference:.1f} levels")

        table, plain = encodings(), halved(picture())
        write_bag("encodings", {f"/{name}": (data, name, step, big) for name, (data, step, _, big, _) in table.items()})
        for name, (_, _, expected, _, levels) in table.items():
            compare(name, "encodings", f"/{name}", expected, levels)

        color = (picture().tobytes(), "rgb8", 960)
        for mode in CompressionMode:
            if mode != CompressionMode.NONE:
                compare(f"rosbags, compressed by {mode.name}", write_bag(f"bag-{mode.name}", {"/c": color}, mode), None, plain, 1)
        write_bag("two", {"/depth": (b"\xdc\x05" * WIDTH * HEIGHT, "16UC1", 640), "/color": color})
        seen, found, said = export("two")
        check(abs(seen - plain).max() <= 1 and "/color" in said and "/depth" in said, "colours are chosen before distances, and said")

        write_foxglove("foxglove.mcap")
        for topic, levels in (("/json/compressed", 8), ("/json/raw", 1), ("/protobuf/compressed", 8), ("/protobuf/raw", 1)):
            compare(f"foxglove-sdk, {topic[1:]}", "foxglove.mcap", topic, plain, levels)
        write_ros1("ros1.mcap")
        compare("ROS 1", "ros1.mcap", None, plain, 1)

        write_jpegs("exif.MCAP", {f"/{tag}": jpeg(tag) for tag in range(1, 9)})
        for tag in range(1, 9):
            compare(f"EXIF's orientation {tag}", "exif.MCAP", f"/{tag}", plain, 8, count=2)
        write_jpegs("cut.mcap", {"/a": jpeg()[:900]})
        result = capture(PROGRAM, "log", "export", "cut.mcap", "--output", "cut")
        check(result.returncode == 1 and not os.path.exists("cut") and "repair" not in result.stderr, "images that are all cut off: an error, no folder")
        os.chdir("/")
    print("foreign: all checks passed")


if __name__ == "__main__":
    main()
