"""Cases by chance: seeds with random changes, under every command that reads them."""
import json

import mcap
import messages
from case import Case, LOG_COMMANDS, RUN_COMMANDS, log_case, run_case
from directed import unchecked
from mutations import mutate, mutate_json, mutate_text
from seeds import checkpoint
from values import TOKENS, integers


def random_case(random, seeds):
    """A name and a case."""
    kinds = [(log_fields, 5), (log_bytes, 2), (log_messages, 5), (images, 4), (checkpoints, 5), (files, 4),
             (configurations, 3), (studies, 2), (logged_checkpoints, 2)]
    kind = random.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
    return kind.__name__, kind(random, seeds)


def _log_command(random):
    return random.choice(["info", "info", "repair", "repair", "camera", "png", "avi", "csv", "jpeg", "record"])


def log_fields(random, seeds):
    """Several fields of a log replaced, checksums right."""
    own = random.random() < 0.3
    build = seeds.run_log if own else lambda r: seeds.image_log(r, random_compression, count=random_count)
    random_compression, random_count = random.choice(["", "", "zstd", "lz4"]), random.choice([1, 4, 7])
    names = build(None)[1]
    replaced = {}
    for _ in range(random.choice([1, 1, 2, 3])):
        name, kind = random.choice(names)
        replaced[name] = bytes(random.randrange(256) for _ in range(random.choice([0, 1, 9, 60]))) if kind == "bytes" \
            else random.choice(integers(kind))
    return log_case(random.choice(["replay", "learn", "csv"]) if own else _log_command(random), build(replaced)[0])


def log_bytes(random, seeds):
    own = random.random() < 0.4
    data = seeds.log if own else seeds.image_log(compression=random.choice(["", "zstd", "lz4"]))[0]
    return log_case(random.choice(["replay", "learn", "repair", "info"]) if own else _log_command(random),
                    mutate(random, data, [seeds.log, seeds.checkpoint]))


def log_messages(random, seeds):
    """Messages with random changes, in a log whose checksums are right."""
    def change(_, data):
        if random.random() > chance:
            return data
        if random.random() < 0.5:
            return mutate(random, data, [seeds.png])
        try:
            parts = messages.fields(data)
        except IndexError:
            return data
        part = random.choice(parts)
        part[2] = random.choice(integers("u64")) if part[1] == 0 else mutate(random, part[2])
        if part[1] in (1, 5):
            part[2] = (part[2] + bytes(8))[:8 if part[1] == 1 else 4]
        if random.random() < 0.2:
            parts.insert(random.randrange(len(parts)), random.choice(parts))
        return messages.join(parts)

    chance = random.choice([0.02, 0.2, 1])
    if random.random() < 0.5:
        return log_case(random.choice(["replay", "learn", "csv", "avi"]), seeds.run_log(change=change)[0])
    kind = random.choice([messages.ROS_COMPRESSED, messages.ROS_RAW])
    data = messages.ros_compressed(seeds.jpeg)[0] if kind == messages.ROS_COMPRESSED else \
        messages.ros_raw(bytes(768), 16, 16, random.choice([b"rgb8\0", b"nv12\0", b"yuv422\0", b"mono8\0", b"bgra8\0"]))[0]
    return log_case(_log_command(random), seeds.one_topic(kind, "cdr", [mutate(random, data) for _ in range(2)]))


def images(random, seeds):
    """Pictures with random changes, in a log that is right."""
    image = random.choice([seeds.jpeg, seeds.jpeg, seeds.png])
    pictures = [mutate(random, image, [seeds.png, seeds.jpeg]) for _ in range(2)]
    build = random.choice([messages.compressed, lambda d: messages.ros_compressed(d)[0]])
    kind, encoding = (messages.COMPRESSED, "protobuf") if build is messages.compressed else (messages.ROS_COMPRESSED, "cdr")
    return log_case(random.choice(["camera", "png", "avi", "jpeg"]),
                    seeds.one_topic(kind, encoding, [build(p) for p in [image] + pictures]))


def _checkpoint(random, seeds):
    header, body = unchecked(seeds.tensors), seeds.body
    match random.randrange(5):
        case 0: return mutate(random, seeds.checkpoint, [seeds.log])
        case 1: return checkpoint(mutate_json(random, header).encode(), body)
        case 2: return checkpoint(mutate_text(random, json.dumps(header)).encode(), body)
        case 3:
            key = random.choice(["run", "environment"])
            state = mutate_json(random, json.loads(header["__metadata__"][key]))
            return checkpoint(unchecked(seeds.tensors, **{key: state}), body)
        case _:
            changed = bytearray(body)
            for _ in range(random.choice([1, 5])):
                name = random.choice([n for n in header if n != "__metadata__"])
                start, end = header[name]["data_offsets"]
                if end > start:
                    changed[start:end] = (mutate(random, bytes(changed[start:end])) + bytes(end - start))[:end - start]
            return checkpoint(header, bytes(changed))


def checkpoints(random, seeds):
    command = random.choice(["resume", "resume", "evaluate", "start", "paths"])
    return run_case(command, seeds, {"run/checkpoint.safetensors": _checkpoint(random, seeds)})


def logged_checkpoints(random, seeds):
    metadata = [(name, [(k, random.choice([v, mutate_text(random, v)])) for k, v in entries])
                for name, entries in seeds.contents[3]] if random.random() < 0.4 else None
    own = None if metadata else _checkpoint(random, seeds)
    return log_case(random.choice(["replay", "learn"]), seeds.run_log(checkpoint=own, metadata=metadata)[0])


def files(random, seeds):
    """The other files of a run."""
    names = [n for n in seeds.run if not n.endswith(".safetensors")]
    name = random.choice(names)
    data = seeds.run[name]
    if name.startswith("events") or random.random() < 0.2:
        changed = mutate(random, data, [seeds.log])
    else:
        changed = mutate_text(random, data.decode()).encode()
    command = {"episodes.csv": ["resume", "curves", "summary"], "latencies.csv": ["latencies"],
               "configuration.yaml": ["curves", "evaluate", "paths", "resume"]}.get(name, ["resume"])
    return run_case(random.choice(command), seeds, {"run/" + name: changed})


def configurations(random, seeds):
    text = seeds.run["configuration.yaml"] if random.random() < 0.5 else seeds.configuration
    # The mutation may ask for more steps, which is its right: --steps wins.
    text = mutate_text(random, text.decode()).encode() if random.random() < 0.9 else mutate(random, text)
    files = {"x.yaml": text, "tiny.yaml": seeds.configuration}
    if random.random() < 0.4:
        sets = [f"{random.choice(seeds.keys)}={random.choice(TOKENS)}".replace("\0", "") for _ in range(2)]
        sets = [s for s in sets if not s.startswith("training.steps=")]
        return Case(["train", "tiny.yaml", "--steps", "4", "--output", "out", "--quiet"]
                    + [w for s in sets for w in ("--set", s)], files)
    return Case(random.choice([["train", "x.yaml", "--steps", "4", "--output", "out", "--quiet"],
                               ["evaluate", "--policy", "oracle", "--episodes", "1", "--world", "x.yaml"]]), files)


def studies(random, seeds):
    name = random.choice(["study.yaml"] + ["study/" + n for n in seeds.sweep if not n.endswith((".safetensors", ".csv"))])
    data = seeds.study if name == "study.yaml" else seeds.sweep[name[6:]]
    changed = mutate(random, data) if random.random() < 0.2 or name.count("tfevents") else \
        mutate_text(random, data.decode()).encode()
    return run_case("summary", seeds, {name: changed})
