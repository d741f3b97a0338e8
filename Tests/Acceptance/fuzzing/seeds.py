"""The files that cases are made of: a small training's folder and log, written by the program itself."""
import json
import os
import re
import struct
import subprocess

import mcap
import messages
from library import fail

CONFIGURATION = """\
training:
  steps: 12
  checkpointIntervalSteps: 6
  pictureIntervalSteps: 4
agent:
  hiddenUnits: 8
  convolutions:
    - {channels: 4, kernelSize: 5, stride: 4}
    - {channels: 4, kernelSize: 5, stride: 4}
task:
  timeLimitSteps: 4
"""

STUDY = """\
title: Study
configuration: tiny.yaml
steps: 12
seeds: [101]
evaluationEpisodes: 1
marks: [6, 12]
settings:
  - {name: default, overrides: []}
  - {name: other, overrides: [agent.discount=0.9]}
sensitivity:
  key: agent.rewardScale
  values: [0.1, 0.5]
"""

_BATCH = ["agent.batch.samples=2", "agent.batch.warmUpSteps=2", "agent.replay.steps=6", "agent.ppo.rolloutSteps=5"]
# Runs whose checkpoints hold what that of the default learner in the pen has not: the settings of each.
LEARNERS = {
    "sac": [*_BATCH, "agent.algorithm=sac"],
    "ppo": [*_BATCH, "agent.algorithm=ppo"],
    "td3 of an arm": [*_BATCH, "agent.algorithm=td3", "task.kind=ur-reacher-2"],
    "rehearsal": ["agent.rehearsal.transitions=8", "agent.rehearsal.samples=2", "agent.rehearsal.returnSteps=3"],
    "traces": ["agent.traceDecay=0.9", "agent.targetNetworkRate=0.1"],
    "intentionalAC": ["agent.algorithm=intentionalAC"],
    "streamSAC": ["agent.algorithm=streamSAC", "agent.optimizer=obgd"],
    "td31": ["agent.algorithm=td31", "agent.encoderSharing=separate"],
}


class Seeds:
    """Everything that a case can be made of."""

    def __init__(self, program, folder):
        self.folder = folder
        self._write("tiny.yaml", CONFIGURATION.encode())
        self._write("study.yaml", STUDY.encode())
        self._do(program, "train", "tiny.yaml", "--output", "run", "--record", "run.mcap", "--quiet")
        self._do(program, "log", "export", "run.mcap", "--output", "files", "--format", "jpeg", "--format", "png")
        self._do(program, "sweep", "study.yaml", "--output", "study", "--processes", "2")
        self.configuration, self.study = CONFIGURATION.encode(), STUDY.encode()
        self.jpeg = self._read("files/frames/000000.jpg")
        self.png = self._read_first("files", ".png")
        self.log = self._read("run.mcap")
        self.contents = mcap.contents(self.log)
        self.run = self._tree("run")
        self.sweep = self._tree("study")
        self.checkpoint = self.run["checkpoint.safetensors"]
        self.tensors, self.body = checkpoint_parts(self.checkpoint)
        self.keys = keys(self.run["configuration.yaml"].decode())
        self.learners = {name: self._train(program, name, settings) for name, settings in LEARNERS.items()}
        self.commands = self._commands(program)

    def _train(self, program, name, settings):
        self._do(program, "train", "tiny.yaml", "--output", name, "--quiet", *(w for s in settings for w in ("--set", s)))
        return self._tree(name)

    def _write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)

    def _read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def _read_first(self, folder, ending):
        for root, _, names in sorted(os.walk(os.path.join(self.folder, folder))):
            for name in sorted(names):
                if name.endswith(ending):
                    return self._read(os.path.relpath(os.path.join(root, name), self.folder))
        fail(f"no {ending} in {folder}")

    def _tree(self, folder):
        result = {}
        for root, _, names in os.walk(os.path.join(self.folder, folder)):
            for name in names:
                path = os.path.relpath(os.path.join(root, name), os.path.join(self.folder, folder))
                if not name.endswith((".svg", ".png")):
                    result[path] = self._read(os.path.join(folder, path))
        return result

    def _do(self, program, *arguments):
        done = subprocess.run([program, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode != 0:
            fail(f"the program cannot make a seed: {' '.join(arguments)}\n"
                 + done.stderr.decode(errors="replace"))
        return done.stdout

    def _commands(self, program):
        """Every command with its options that take a value."""
        tree = json.loads(self._do(program, "--experimental-dump-help"))

        def walk(command, path):
            options = [("--" + name["name"], argument) for argument in command.get("arguments", [])
                       if argument["kind"] == "option" for name in argument["names"] if name["kind"] == "long"]
            yield path, [name for name, _ in options]
            for inner in command.get("subcommands", []):
                yield from walk(inner, path + (inner["commandName"],))

        return dict(walk(tree["command"], ()))

    def image_log(self, replaced=None, compression="", image=None, count=4, topics=None):
        """A log of images in every kind that is read. Returns bytes and field names."""
        image = self.jpeg if image is None else image
        pixels = bytes(range(256)) * 3
        if topics is None:
            topics = [("/a", messages.COMPRESSED, "protobuf"), ("/b", messages.RAW, "protobuf"),
                      ("/c", messages.ROS_COMPRESSED, "cdr"), ("/d", messages.ROS_RAW, "cdr")]
        data = [messages.compressed(image), messages.raw(pixels, 16, 16), messages.ros_compressed(image)[0],
                messages.ros_raw(pixels, 16, 16)[0]]
        items = [(n % len(topics), 10**9 + 45_000_000 * n, data[n % 4]) for n in range(count)]
        return mcap.log(topics, items, replaced, compression, attachments=[("notes", b"hello")],
                        metadata=[("notes", [("a", "b")])])

    def one_topic(self, kind, encoding, data, times=None):
        """A log whose messages are all of one kind."""
        times = times or [10**9 + 45_000_000 * n for n in range(len(data))]
        return mcap.log([("/camera", kind, encoding)], [(0, t, d) for t, d in zip(times, data)])[0]

    def run_log(self, replaced=None, change=None, checkpoint=None, metadata=None):
        """The training's log, with messages changed by `change(schema, data)`. Returns bytes and field names."""
        topics, items, files, notes, library = self.contents
        items = [(t, time, change(topics[t][1], d) if change else d) for t, time, d in items]
        if checkpoint is not None:
            files = [(name, checkpoint) for name, _ in files]
        return mcap.log(topics, items, replaced, chunk_size=20, attachments=files, metadata=metadata or notes,
                        library=library)


def checkpoint_parts(data):
    """Header and body of a safetensors file."""
    length = struct.unpack_from("<Q", data)[0]
    return json.loads(data[8:8 + length]), data[8 + length:]


def checkpoint(header, body):
    """A safetensors file; a header of bytes is taken as it is."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def keys(text):
    """The keys of a configuration in block style that hold single values or flow lists."""
    path, result = [], []
    for line in text.splitlines():
        match = re.match(r"( *)(\w+):(.*)", line)
        if not match:
            continue
        depth = len(match[1]) // 2
        path = path[:depth] + [match[2]]
        if match[3].strip():
            result.append(".".join(path))
    return result
