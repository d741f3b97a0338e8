"""Random changes to bytes, to text, and to JSON."""
import json
import re

from values import INTEGERS, JSON_TOKENS, TOKENS, pack


def mutate(random, data, others=()):
    """A few random changes: bits, bytes, cuts, repetitions, splices, and integers of every width."""
    data = bytearray(data)
    for _ in range(random.choice([1, 1, 1, 2, 3, 8])):
        if not data:
            data += bytes([random.randrange(256)])
        at = random.randrange(len(data))
        length = random.choice([1, 2, 4, 8, 9, 64, 1024])
        match random.randrange(8):
            case 0: data[at] ^= 1 << random.randrange(8)
            case 1: data[at] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])
            case 2: del data[at:]
            case 3: del data[at:at + length]
            case 4: data[at:at] = data[at:at + length] * random.choice([1, 2, 50])
            case 5 if others:
                other = random.choice(others)
                start = random.randrange(max(1, len(other)))
                data[at:at + random.choice([0, length])] = other[start:start + length]
            case _:
                kind = random.choice(["u16", "u32", "u32", "u64", "u64"])
                value = pack(kind, random.choice(INTEGERS))
                data[at:at + len(value)] = value if random.random() < 0.7 else value[::-1]
    return bytes(data)


def mutate_text(random, text):
    """A few random changes to lines, words and numbers."""
    for _ in range(random.choice([1, 1, 2, 4])):
        lines = text.split("\n")
        at = random.randrange(len(lines))
        match random.randrange(7):
            case 0: del lines[at]
            case 1: lines[at:at] = [lines[at]] * random.choice([1, 1, 100])
            case 2: lines[at] = lines[at][:random.randrange(len(lines[at]) + 1)]
            case 3: lines[at] = random.choice(["\t", "  ", "-", "- ", ": ", "&a ", "*a", "%", "|", "\r"]) + lines[at]
            case _:
                words = list(re.finditer(r"-?[\d.]+(e-?\d+)?|\w+|\[[^]]*\]", lines[at]))
                if words:
                    word = random.choice(words)
                    lines[at] = lines[at][:word.start()] + random.choice(TOKENS) + lines[at][word.end():]
        text = "\n".join(lines)
    return text


def leaves(value, path=()):
    """The places in a JSON value where single values and lists stand."""
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], path + (key,))
    else:
        yield path
        if isinstance(value, list):
            for index in range(len(value)):
                yield from leaves(value[index], path + (index,))


def replace(value, path, token):
    """The JSON text of `value` with the raw text `token` in one place."""
    mark = "@@@place@@@"

    def copy(value, rest):
        if not rest:
            return mark
        if isinstance(value, dict):
            return {k: copy(v, rest[1:]) if k == rest[0] else v for k, v in value.items()}
        return [copy(v, rest[1:]) if k == rest[0] else v for k, v in enumerate(value)]

    return json.dumps(copy(value, path)).replace(f'"{mark}"', token)


def mutate_json(random, value):
    """The JSON text of `value` with one or two places replaced."""
    text = json.dumps(value)
    for _ in range(random.choice([1, 1, 2])):
        try:
            value = json.loads(text)
            text = replace(value, random.choice(list(leaves(value)) or [()]), random.choice(JSON_TOKENS))
        except (ValueError, RecursionError):
            # The first token made it no JSON, or nested it deeper than Python follows.
            return text
    return text
