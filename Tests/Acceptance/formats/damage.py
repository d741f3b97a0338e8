"""Damages logs at many places, has the program repair each, and reads what it wrote with the program and with PyPI's
mcap: whatever repair has written can be read. Called by check-formats."""

import os
import random
import tempfile

from mcap.reader import NonSeekingReader, make_reader
from mcap.writer import CompressionType, Writer
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer as BagWriter
from rosbags.typesys import Stores, get_typestore

from library import PROGRAM, capture

TRIALS = 40


def write_mcap(path, compression):
    """A log whose definitions stand in the first chunk and in the summary, as libmcap leaves it."""
    with open(path, "wb") as file:
        writer = Writer(file, chunk_size=2000, compression=compression)
        writer.start("ros2", "test")
        schema = writer.register_schema("test/Bytes", "ros2msg", b"uint8[] data")
        channels = [writer.register_channel(topic, "cdr", schema) for topic in ("/first", "/second")]
        for index in range(80):
            writer.add_message(
                channels[index % 2], index * 10**6, bytes(range(index, index + 120)), index * 10**6, index)
        writer.add_attachment(1, 1, "notes.txt", "text/plain", b"hello" * 20)
        writer.add_metadata("notes", {"name": "value"})
        writer.finish()


def write_bag(path):
    """A log without any checksum."""
    store = get_typestore(Stores.ROS2_HUMBLE)
    with BagWriter(path, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        text = store.types["std_msgs/msg/String"]
        connection = bag.add_connection("/text", text.__msgtype__, typestore=store)
        for index in range(80):
            bag.write(connection, index * 10**6, store.serialize_cdr(text(data=f"line {index}"), text.__msgtype__))
    return os.path.join(path, next(name for name in os.listdir(path) if name.endswith(".mcap")))


def read_by_others(path):
    """How many messages PyPI's mcap finds, by the index and without it."""
    counts = []
    for kind in (make_reader, NonSeekingReader):
        with open(path, "rb") as file:
            counts.append(sum(1 for _ in kind(file, validate_crcs=True).iter_messages()))
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True)
        list(reader.iter_attachments()), list(reader.iter_metadata())
    return counts


def damaged(content, source):
    """Some damage: a bit, a run of zeros, a hole, an end that is missing."""
    content = bytearray(content)
    place = source.randrange(8, len(content))
    kind = source.randrange(5)
    if kind <= 1:
        content[place] ^= 1 << source.randrange(8)
    elif kind == 2:
        length = min(source.randrange(1, 600), len(content) - place)
        content[place : place + length] = bytes(length)
    elif kind == 3:
        del content[place : place + source.randrange(1, 300)]
    else:
        del content[place:]
    return bytes(content)


def main():
    source = random.Random(1)

    def avg(*arguments):
        return capture(PROGRAM, *arguments)

    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        files = {name: path(name + ".mcap") for name in ("plain", "zstd", "lz4")}
        for name, kind in zip(files, (CompressionType.NONE, CompressionType.ZSTD, CompressionType.LZ4)):
            write_mcap(files[name], kind)
        files["without checksums"] = write_bag(path("bag"))
        files["our own"] = path("own.mcap")
        avg("train", "--steps", "6", "--record", files["our own"], "--output", path("run"))
        for name, original in files.items():
            with open(original, "rb") as file:
                content = file.read()
            kept = 0
            for trial in range(TRIALS):
                broken, whole = path("broken.mcap"), path("whole.mcap")
                with open(broken, "wb") as file:
                    file.write(damaged(content, source))
                repair = avg("log", "repair", broken, "--output", whole)
                info = avg("log", "info", whole)
                try:
                    counts = read_by_others(whole)
                except Exception as error:  # Whatever it is, others cannot read the file.
                    counts = [repr(error)]
                said = f"{counts[0]} messages"
                if repair.returncode or info.returncode or counts[0] != counts[-1] or said not in repair.stdout:
                    os.replace(broken, "broken.mcap")
                    raise SystemExit(
                        f"FAIL  {name}, damage {trial} (broken.mcap): repair {repair.returncode} {repair.stdout}"
                        f"{repair.stderr} info {info.returncode} {info.stderr} PyPI's mcap {counts}")
                kept += counts[0]
                os.remove(whole)
            print(f"PASS  {name}: {TRIALS} damaged logs repaired, {kept / TRIALS:.0f} messages kept of each on average")
    print("damage: all checks passed")


if __name__ == "__main__":
    main()
