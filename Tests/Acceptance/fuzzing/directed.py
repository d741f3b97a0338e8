"""Cases that put each nasty value into each field of each format, one at a time."""
import json
import struct

import mcap
import messages
import mutations
from case import Case, LOG_COMMANDS, RUN_COMMANDS, log_case, run_case
from seeds import checkpoint, checkpoint_parts
from values import DOUBLES, JSON_TOKENS, TOKENS, floats, integers, pack


def all_cases(seeds):
    """(name, function that makes the case), in a fixed order; those of `heavy` come first."""
    for group in (heavy, log_fields, image_fields, run_messages, jpeg_headers, tensor_headers, tensor_numbers, run_states,
                  learners, tables, configurations, studies, options):
        yield from group(seeds)


def log_fields(seeds):
    for compression in ("", "zstd", "lz4"):
        for name, kind in seeds.image_log(compression=compression)[1]:
            if compression and not name.startswith(("chunk.", "chunkIndex.")):
                continue
            values = [b"", b"\0", b"\xff" * 40, b"\x1b[31m", b"zstd", b"lz4"] if kind == "bytes" else integers(kind)
            for value in values:
                for command in ("info", "repair", "camera", "avi"):
                    yield (f"log {compression} {name} {value!r:.20} {command}",
                           lambda n=name, v=value, c=compression, k=command: log_case(
                               k, seeds.image_log({n: v}, c)[0]))
    for name, kind in seeds.run_log()[1]:
        if kind != "bytes" and name.startswith(("message.1.", "attachment", "metadata", "statistics", "schema.0")):
            for value in integers(kind):
                yield (f"own log {name} {value} replay",
                       lambda n=name, v=value: log_case("replay", seeds.run_log({n: v})[0]))


def image_fields(seeds):
    """Images of ROS 2 and Foxglove whose numbers do not fit their bytes."""
    pixels = bytes(300)
    for builder, kind in ((lambda r: messages.ros_compressed(seeds.jpeg, r), messages.ROS_COMPRESSED),
                          (lambda r: messages.ros_raw(pixels, 10, 10, replaced=r), messages.ROS_RAW)):
        for name, width in builder(None)[1]:
            for value in [b"", b"\0", b"\xff\0"] if width == "bytes" else integers(width):
                for command in ("camera", "png", "avi"):
                    yield (f"ros {kind} {name} {value!r:.20} {command}",
                           lambda b=builder, k=kind, n=name, v=value, c=command: log_case(
                               c, seeds.one_topic(k, "cdr", [b({n: v})[0]] * 3)))
    for encoding in (b"rgb8", b"bgr8", b"mono8", b"yuyv", b"uyvy", b"nv12", b"rgba8", b"bayer_rggb8", b"mono16", b"rgb16"):
        for field in range(3):
            for value in integers("u32"):
                size = [10, 10, 30]
                size[field] = value
                yield (f"raw {encoding} {size}",
                       lambda e=encoding, s=size: log_case("png", seeds.one_topic(
                           messages.RAW, "protobuf", [messages.raw(pixels, s[0], s[1], e, s[2])] * 2)))


def run_messages(seeds):
    """Every field of every message of a run's own log."""
    seen = {}
    topics, items, *_ = seeds.contents
    for topic, _, data in items:
        seen.setdefault(topics[topic][1], data)
    for schema, sample in sorted(seen.items()):
        for place, (number, kind, _) in enumerate(messages.fields(sample)):
            values = {0: [v for v in integers("u64")], 1: floats("f8"), 5: floats("f4"),
                      2: [b"", b"\0" * 3, b"\xff" * 8, struct.pack("<2f", float("nan"), float("inf"))]}[kind]
            for value in values:
                for command in ("replay", "csv"):

                    def make(schema=schema, place=place, value=value, command=command):
                        def change(name, data):
                            if name != schema:
                                return data
                            parts = messages.fields(data)
                            if place < len(parts) and parts[place][1] == kind_of(value, parts[place][1]):
                                parts[place][2] = value
                            return messages.join(parts)

                        return log_case(command, seeds.run_log(change=change)[0])

                    yield f"own {schema} field {number} {value!r:.20} {command}", make


def kind_of(value, kind):
    """The wire type that a value needs; `kind` where several would do."""
    return 0 if isinstance(value, int) else kind if kind in (1, 2, 5) else 2


def jpeg_headers(seeds):
    """Sizes, tables and lengths of JPEG markers."""
    data = seeds.jpeg
    places, at = [], 2
    while at + 4 < len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = struct.unpack_from(">H", data, at + 2)[0]
        places.append((data[at + 1], at, length))
        at += 2 + length
    for marker, at, length in places:
        for offset in range(2, min(2 + length, 21)):
            for value in (0, 1, 2, 16, 127, 128, 255):
                yield (f"jpeg {marker:02x}+{offset} {value}",
                       lambda p=at + offset, v=value: log_case(
                           "avi", seeds.image_log(image=data[:p] + bytes([v]) + data[p + 1:], count=1)[0]))
        if marker in (0xC0, 0xC1, 0xC2):
            for height in (0, 1, 89, 4096, 4097, 40_000, 65_535):
                for width in (0, 1, 159, 4096, 4097, 40_000, 65_535):
                    for command in ("avi", "camera", "png", "jpeg"):
                        yield (f"jpeg {width}x{height} {command}",
                               lambda p=at + 5, h=height, w=width, c=command: log_case(
                                   c, seeds.image_log(image=data[:p] + struct.pack(">HH", h, w) + data[p + 4:],
                                                      count=1)[0]))


def tensor_headers(seeds):
    names = sorted(n for n in seeds.tensors if n != "__metadata__")
    header = unchecked(seeds.tensors)
    for name in names[:3] + [n for n in names if not n.startswith(("actor", "critic", "encoder", "second"))]:
        for path in mutations.leaves(header[name], (name,)):
            for token in JSON_TOKENS + ['"BF16"', '"F16"', '"F64"', '"I8"', '"BOOL"', '"F8_E4M3"']:
                yield (f"tensor {name} {path} {token:.20}",
                       lambda p=path, t=token: run_case("resume", seeds, {
                           "run/checkpoint.safetensors": checkpoint(
                               mutations.replace(header, p, t).encode(), seeds.body)}))
    for value in integers("u64"):
        yield (f"tensor header of {value} bytes",
               lambda v=value: run_case("resume", seeds, {
                   "run/checkpoint.safetensors": struct.pack("<Q", v) + seeds.checkpoint[8:]}))


def unchecked(header, **metadata):
    """A checkpoint's header without its checksum, which is optional."""
    kept = {k: v for k, v in header["__metadata__"].items() if k != "checksum"}
    return {**header, "__metadata__": {**kept, **metadata}}


def tensor_numbers(seeds):
    header = unchecked(seeds.tensors)
    for name, entry in sorted(header.items()):
        if name == "__metadata__":
            continue
        start, _ = entry["data_offsets"]
        for value in nasty(entry["dtype"]):
            for command in ("resume", "evaluate", "start"):
                yield (f"number {name} {value.hex()} {command}",
                       lambda s=start, v=value, c=command: run_case(c, seeds, {
                           "run/checkpoint.safetensors": checkpoint(
                               header, seeds.body[:s] + v + seeds.body[s + len(v):])}))


def learners(seeds):
    """What other learners' checkpoints hold besides, an arm's state, and the files of replay buffers."""
    for learner, run in sorted(seeds.learners.items()):
        tensors, body = checkpoint_parts(run["checkpoint.safetensors"])
        header = unchecked(tensors)

        def case(command, changed, run=run):
            files = {"run/" + path: data for path, data in run.items()} | {"run/" + p: d for p, d in changed.items()}
            return Case(RUN_COMMANDS[command], {p: d for p, d in files.items() if d is not None})

        def damaged(command, header, body, case=case):
            return case(command, {"checkpoint.safetensors": checkpoint(header, body)})

        for name, entry in sorted(header.items()):
            if name == "__metadata__" or name in seeds.tensors and not name.startswith("optimizer"):
                continue
            for value in nasty(entry["dtype"]):
                # The first number and the last: a state is not always a row of like things.
                for place in {entry["data_offsets"][0], entry["data_offsets"][1] - len(value)}:
                    for command in ("resume", "evaluate"):
                        yield (f"learner {learner} {name} {value.hex()} {command}",
                               lambda d=damaged, c=command, h=header, b=body, p=place, v=value: d(
                                   c, h, b[:p] + v + b[p + len(v):]))
            for path in mutations.leaves(entry, (name,)):
                for token in ("0", "-1", "18446744073709551615", "[]", "[0]", "[9223372036854775807]", '"F64"', "null"):
                    yield (f"learner {learner} {path} {token}",
                           lambda d=damaged, h=header, b=body, p=path, t=token: d(
                               "resume", mutations.replace(h, p, t).encode(), b))
        for name in header:
            if name not in seeds.tensors:
                yield (f"learner {learner} without {name}",
                       lambda d=damaged, h=header, b=body, n=name: d("resume", {k: v for k, v in h.items() if k != n}, b))
        state = json.loads(tensors["__metadata__"]["environment"])
        for path in mutations.leaves(state) if "arm" in learner else ():
            for token in JSON_TOKENS:
                yield (f"learner {learner} state {path} {token:.20}",
                       lambda d=damaged, t=tensors, b=body, s=state, p=path, k=token: d(
                           "resume", unchecked(t, environment=mutations.replace(s, p, k)), b))
        for path in sorted(p for p in run if p.startswith("replay/")):
            data = run[path]
            changes = {"gone": None, "empty": b"", "half": data[:len(data) // 2], "longer": data + data,
                       "cut": data[:-1], "zeros": bytes(len(data))}
            for offset in [*range(0, 64, 4), len(data) // 2, len(data) - 8]:
                for value in (0, 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1):
                    changes[f"{offset} {value}"] = data[:offset] + pack("u64", value) + data[offset + 8:]
            for what, changed in changes.items():
                yield (f"learner {learner} {path} {what}",
                       lambda c=case, p=path, d=changed: c("resume", {p: d}))


def nasty(dtype):
    """The bytes of nasty numbers of a tensor's kind."""
    return {"F32": floats("f4"), "F64": floats("f8"), "U8": [b"\0", b"\xff"],
            "U64": [struct.pack("<Q", v) for v in integers("u64")]}[dtype]


def run_states(seeds):
    """The JSON of a checkpoint's metadata, and the numbers beside it."""
    for key in ("run", "environment"):
        state = json.loads(seeds.tensors["__metadata__"][key])
        for path in mutations.leaves(state):
            for token in JSON_TOKENS:
                yield (f"state {key} {path} {token:.20}",
                       lambda k=key, s=state, p=path, t=token: run_case("resume", seeds, {
                           "run/checkpoint.safetensors": checkpoint(
                               unchecked(seeds.tensors, **{k: mutations.replace(s, p, t)}), seeds.body)}))
    for key in ("steps", "episodes", "format", "version", "configuration", "run", "environment"):
        for token in TOKENS:
            yield (f"metadata {key} {token:.20}",
                   lambda k=key, t=token: run_case("resume", seeds, {
                       "run/checkpoint.safetensors": checkpoint(unchecked(seeds.tensors, **{k: t}), seeds.body)}))


def tables(seeds):
    for name, commands in (("episodes.csv", ("resume", "curves", "summary")), ("latencies.csv", ("latencies",)),
                           ("metrics.jsonl", ("resume",))):
        text = seeds.run[name].decode()
        lines = text.splitlines()
        separator = "," if name.endswith("csv") else ":"
        for row in sorted({0, 1, len(lines) - 1}):
            parts = lines[row].split(separator)
            for column in range(len(parts)):
                for token in TOKENS:
                    changed = lines[:row] + [separator.join(parts[:column] + [token] + parts[column + 1:])] + lines[row + 1:]
                    for command in commands:
                        yield (f"table {name} {row}.{column} {token:.20} {command}",
                               lambda n=name, c=command, t="\n".join(changed) + "\n": run_case(
                                   c, seeds, {"run/" + n: t.encode()}))


# Longer or larger on purpose: what they ask for is allowed, and takes its time.
_SLOW = ("training.steps", "training.checkpointIntervalSteps")


def configurations(seeds):
    for key in seeds.keys:
        for token in TOKENS:
            if "\0" not in token and (key not in _SLOW or not token.isdigit()):
                for command in (["train", "tiny.yaml", "--output", "out", "--quiet"],
                                ["evaluate", "--policy", "oracle", "--episodes", "1"]):
                    if command[0] == "train" or key.startswith(("simulation", "task")):
                        yield (f"{command[0]} --set {key}={token:.20}",
                               lambda k=key, t=token, c=command: Case(
                                   c + ["--set", f"{k}={t}"] if c[0] == "train" else c + ["--world", "world.yaml"],
                                   {"tiny.yaml": seeds.configuration, "world.yaml": nested(k, t)}))
    for text in (b"a: " + b"[" * 100_000, b"{" * 100_000, b"- " * 100_000, b"&a [*a, *a]",
                 b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c + 1, c + 1, c, c) for c in range(97, 121)),
                 b"training: &t {steps: 12}\ntask: *t\n", b"\xff\xfe\0a", b"\xef\xbb\xbftraining: {steps: 2}\n",
                 b"? [a]\n: b\n", b"%YAML 9.9\n---\n", b"--- 1\n--- 2\n", b"training: !!binary aGk=\n", b"<<: {steps: 2}\n",
                 b"a" * 3_000_000, b"'" * 3_000_000, b"\t\n", b"training:\r\n  steps: 2\r\n", b"\0", b"agent: !!set {a}\n"):
        yield (f"yaml {text[:20]!r}", lambda t=text: Case(
            ["train", "x.yaml", "--output", "out", "--quiet", "--steps", "4"], {"x.yaml": t}))
        yield f"study {text[:20]!r}", lambda t=text: Case(["sweep", "x.yaml", "--summary", "--output", "out"], {"x.yaml": t})


def nested(key, token):
    """A configuration of one key."""
    parts = key.split(".")
    return "".join("  " * n + part + ":" + ("\n" if n < len(parts) - 1 else " " + token + "\n")
                   for n, part in enumerate(parts)).encode()


def studies(seeds):
    places = [("title: Study", "title: "), ("steps: 12", "steps: "), ("seeds: [101]", "seeds: "), ("[101]", "["),
              ("evaluationEpisodes: 1", "evaluationEpisodes: "), ("marks: [6, 12]", "marks: "), ("[6, 12]", "[6, "),
              ("values: [0.1, 0.5]", "values: "), ("[0.1, 0.5]", "[0.1, "), ("key: agent.rewardScale", "key: "),
              ("configuration: tiny.yaml", "configuration: "), ("name: other", "name: ")]
    for old, new in places:
        for token in TOKENS:
            end = "]" if new.startswith("[") else ""
            yield (f"study {new}{token:.20}",
                   lambda o=old, n=new + token + end: run_case("summary", seeds, {
                       "study.yaml": seeds.study.replace(o.encode(), n.encode())}))
    for name, data in sorted(seeds.sweep.items()):
        if name.endswith(".json") and name.count("/"):
            for path in mutations.leaves(json.loads(data)):
                for token in JSON_TOKENS:
                    yield (f"report {name} {path} {token:.20}",
                           lambda n=name, d=data, p=path, t=token: run_case("summary", seeds, {
                               "study/" + n: mutations.replace(json.loads(d), p, t).encode()}))


# Enough of a command for its options to be read; others end at a missing argument.
_BASES = {("train",): ["tiny.yaml", "--output", "out", "--steps", "4", "--quiet"],
          ("evaluate",): ["run", "--episodes", "1"], ("plot",): ["run"], ("replay",): ["run.mcap"],
          ("log", "info"): ["run.mcap"], ("log", "export"): ["run.mcap", "--output", "out"],
          ("log", "repair"): ["run.mcap"], ("sweep",): ["study.yaml", "--summary", "--output", "study"],
          ("run",): ["--camera", "run.mcap", "--config", "tiny.yaml", "--steps", "3", "--output", "out", "--quiet"],
          ("record",): ["out.mcap", "--camera", "run.mcap", "--steps", "3"]}
# Options that make a command long, or start what does not end by itself, when their value is a right one.
_LONG = {"--steps", "--episodes", "--rounds", "--minutes", "--seconds", "--processes", "--dashboard", "--repetitions"}
_ENDLESS = {("emulator",), ("rig",), ("benchmark",), ("doctor",), ("guard",)}


def options(seeds):
    for path, names in sorted(seeds.commands.items()):
        for name in names:
            for token in TOKENS:
                number = token.lstrip("+").isdigit() and 3 < int(token) < 2**63
                if "\0" in token or (number and name in _LONG):
                    continue
                base = _BASES.get(path, [])
                if name in base:
                    place = base.index(name)
                    base = base[:place] + base[place + 2:]
                yield (f"option {' '.join(path)} {name}={token:.20}",
                       lambda p=path, b=base, n=name, t=token: run_case(
                           list(p) + b + [f"{n}={t}"], seeds, {"run.mcap": seeds.log, "study.yaml": seeds.study},
                           interrupt=1 if p in _ENDLESS else None))


def heavy(seeds):
    """What is small as a file, or of a size that people have, and large in memory or time."""
    for blocks in (1, 500, 1_999, 2_047, 7_280, 8_192, 100_000):
        for command in ("info", "repair", "camera"):
            yield (f"heavy zstd of {blocks} blocks {command}",
                   lambda b=blocks, c=command: log_case(c, many(6, lambda n: zeros(b), 1)))
    for command in ("info", "repair", "camera", "replay", "csv"):
        for name, make in (("zeros", lambda: mcap.MAGIC + bytes(20_000_000)),
                           ("schemas", lambda: many(3, lambda n: struct.pack("<HI", n % 65536, 1) + b"a" + bytes(8))),
                           ("channels", lambda: many(4, lambda n: struct.pack("<HHI", n % 65536, 0, 1) + b"a" + bytes(8))),
                           ("metadata", lambda: many(12, lambda n: struct.pack("<I", 1) + b"a" + bytes(4), 100_000)),
                           ("empty messages", lambda: many(5, lambda n: bytes(22), 200_000)),
                           ("empty chunks", lambda: many(6, lambda n: bytes(40), 100_000)),
                           ("indexes", lambda: many(7, lambda n: bytes(6), 300_000)),
                           ("statistics", lambda: many(11, lambda n: bytes(42), 100_000)),
                           ("data of one record", lambda: many(99, lambda n: bytes(60_000_000), 1)),
                           ("chunk indexes, last first", lambda: descending(60_000))):
            yield f"heavy {name} {command}", lambda m=make, c=command: log_case(c, m())
    for count in (1, 1000, 20_000):
        yield f"heavy overlapping tensors {count}", lambda n=count: run_case("resume", seeds, {
            "run/checkpoint.safetensors": checkpoint({f"t{i}": {"dtype": "U8", "shape": [10**6], "data_offsets": [0, 10**6]}
                                                      for i in range(n)}, bytes(10**6))})
    for name, text in (("episodes.csv", "step,episode,length,return,success\n" + "1,1,1,-1.0,1\n" * 300_000),
                       ("episodes.csv", "x" * 20_000_000),
                       ("latencies.csv", "stage,from_ms,to_ms,count\n" + "".join(f"s{i},1,2,3\n" for i in range(50_000))),
                       ("latencies.csv", "stage,from_ms,to_ms,count\n" + "act,1,2,3\n" * 300_000),
                       ("metrics.jsonl", '{"step":1}\n' * 500_000)):
        for command in ("resume", "curves", "latencies", "summary"):
            yield f"heavy {name} {len(text)} {command}", lambda n=name, t=text, c=command: run_case(
                c, seeds, {"run/" + n: t.encode()})


def zeros(blocks):
    """The fields of a chunk that holds so many blocks of 128 KiB of zeros, at four bytes each."""
    stored = mcap.store_zstd(b"", run=blocks)
    return struct.pack("<QQQII", 0, 0, blocks * 131_072, 0, 4) + b"zstd" + struct.pack("<Q", len(stored)) + stored


def many(opcode, body, count=65_600):
    """A file of many records of one kind, without a summary."""
    record = lambda code, data: bytes([code]) + struct.pack("<Q", len(data)) + data
    return (mcap.MAGIC + record(1, bytes(8)) + b"".join(record(opcode, body(n)) for n in range(count))
            + record(15, bytes(4)) + record(2, bytes(20)) + mcap.MAGIC)


def descending(count):
    """A summary that lists many chunks in the wrong order."""
    record = lambda code, data: bytes([code]) + struct.pack("<Q", len(data)) + data
    start = mcap.MAGIC + record(1, bytes(8)) + record(15, bytes(4))
    entry = lambda n: struct.pack("<QQQQ", 0, 0, n, 1) + bytes(4 + 8 + 4 + 16)
    return (start + b"".join(record(8, entry(count - n)) for n in range(count))
            + record(2, struct.pack("<QQI", len(start), 0, 0)) + mcap.MAGIC)
