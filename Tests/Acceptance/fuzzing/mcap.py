"""Writes and takes apart MCAP files (mcap.dev/spec), with any field of any record replaced on the way.

Checksums and lengths are those of what is written, so that a replaced field gets past them; a replaced checksum or
length is as it was asked for. Compressed chunks need no library: their streams consist of stored blocks.
"""
import struct
import zlib

from values import pack

MAGIC = b"\x89MCAP0\r\n"
NAMES = {1: "header", 2: "footer", 3: "schema", 4: "channel", 5: "message", 6: "chunk", 7: "messageIndex", 8: "chunkIndex",
         9: "attachment", 10: "attachmentIndex", 11: "statistics", 12: "metadata", 13: "metadataIndex",
         14: "summaryOffset", 15: "dataEnd"}


class Fields:
    """Writes fields by name; `replaced` gives bytes or numbers for some of them, `names` collects all."""

    def __init__(self, replaced=None):
        self.replaced = replaced or {}
        self.names = []
        self.counts = {}

    def number(self, name, kind, value):
        self.names.append((name, kind))
        return pack(kind, self.replaced.get(name, value))

    def bytes(self, name, value):
        self.names.append((name, "bytes"))
        return self.replaced.get(name, value)

    def text(self, name, value):
        value = self.bytes(name, value.encode() if isinstance(value, str) else value)
        return self.number(name + ".length", "u32", len(value)) + value

    def next(self, name):
        count = self.counts[name] = self.counts.get(name, -1) + 1
        return f"{name}.{count}"

    def record(self, opcode, body):
        """A record of the fields that `body` gives for its name."""
        name = self.next(NAMES[opcode])
        content = body(name)
        return (self.number(name + ".opcode", "u8", opcode) + self.number(name + ".recordLength", "u64", len(content))
                + content)


def store_zstd(data, size=None, run=0):
    """A zstd frame of stored blocks; `run` appends so many blocks of 128 KiB of zeros, at four bytes each."""
    size = len(data) + run * 131_072 if size is None else size
    out = bytearray(b"\x28\xb5\x2f\xfd" + bytes([0xE0]) + struct.pack("<Q", size))
    blocks = [(0, len(d), d) for d in (data[i:i + 131_072] for i in range(0, len(data), 131_072))]
    blocks += [(1, 131_072, b"\0")] * run
    for number, (kind, length, content) in enumerate(blocks or [(0, 0, b"")]):
        head = length << 3 | kind << 1 | (number + 1 == max(1, len(blocks)))
        out += head.to_bytes(3, "little") + content
    return bytes(out)


def store_lz4(data):
    """An LZ4 frame of stored blocks."""
    out = bytearray(b"\x04\x22\x4d\x18\x60\x70\x73")
    for start in range(0, len(data), 1 << 20):
        block = data[start:start + (1 << 20)]
        out += struct.pack("<I", len(block) | 1 << 31) + block
    return bytes(out + b"\0\0\0\0")


COMPRESS = {"": lambda data: data, "zstd": store_zstd, "lz4": store_lz4}


def log(topics, messages, replaced=None, compression="", chunk_size=3, attachments=(), metadata=(), library="fuzz",
        own_index=True):
    """A closed file: `topics` as (name, schema, encoding), `messages` as (topic's number, time, data).

    Returns its bytes and the names of the fields.
    """
    w = Fields(replaced)
    out = bytearray(MAGIC + w.record(1, lambda n: w.text(n + ".profile", "") + w.text(n + ".library", library)))

    def definitions():
        data = b""
        for number, (topic, schema, encoding) in enumerate(topics, 1):
            data += w.record(3, lambda n: w.number(n + ".id", "u16", number) + w.text(n + ".name", schema)
                             + w.text(n + ".encoding", encoding) + w.text(n + ".data", b""))
            data += w.record(4, lambda n: w.number(n + ".id", "u16", number) + w.number(n + ".schema", "u16", number)
                             + w.text(n + ".topic", topic) + w.text(n + ".encoding", encoding)
                             + w.number(n + ".map", "u32", 0))
        return data

    for name, entries in metadata:
        out += w.record(12, lambda n: w.text(n + ".name", name) + w.text(n + ".map", b"".join(
            w.text(f"{n}.{key}.key", key) + w.text(f"{n}.{key}.value", value) for key, value in entries)))
    chunks, sequence = [], 0
    for first in range(0, max(1, len(messages)), chunk_size):
        records, places = bytearray(definitions() if first == 0 else b""), []
        for topic, time, data in messages[first:first + chunk_size]:
            places.append((topic + 1, time, len(records)))
            sequence += 1
            records += w.record(5, lambda n: w.number(n + ".channel", "u16", topic + 1)
                                + w.number(n + ".sequence", "u32", sequence) + w.number(n + ".time", "u64", time)
                                + w.number(n + ".publishTime", "u64", time) + w.bytes(n + ".data", data))
        times = [t for _, t, _ in places] or [0]
        stored = COMPRESS[compression](bytes(records))
        start = len(out)
        out += w.record(6, lambda n: w.number(n + ".start", "u64", min(times)) + w.number(n + ".end", "u64", max(times))
                        + w.number(n + ".size", "u64", len(records))
                        + w.number(n + ".crc", "u32", zlib.crc32(records)) + w.text(n + ".compression", compression)
                        + w.number(n + ".storedSize", "u64", len(stored)) + w.bytes(n + ".records", stored))
        length, indexes = len(out) - start, []
        for topic in sorted({p[0] for p in places}) if own_index else ():
            indexes.append((topic, len(out)))
            out += w.record(7, lambda n: w.number(n + ".channel", "u16", topic) + w.text(n + ".entries", b"".join(
                w.number(f"{n}.{o}.time", "u64", t) + w.number(f"{n}.{o}.offset", "u64", o)
                for c, t, o in places if c == topic)))
        chunks.append((min(times), max(times), start, length, indexes, len(out) - start - length, len(stored), len(records)))
    files = []
    for name, data in attachments:
        start = len(out)

        def body(n):
            head = (w.number(n + ".time", "u64", 0) + w.number(n + ".created", "u64", 0) + w.text(n + ".name", name)
                    + w.text(n + ".type", "x") + w.number(n + ".size", "u64", len(data)) + w.bytes(n + ".data", data))
            return head + w.number(n + ".crc", "u32", zlib.crc32(head))

        out += w.record(9, body)
        files.append((name, start, len(out) - start, len(data)))
    out += w.record(15, lambda n: w.number(n + ".crc", "u32", zlib.crc32(out)))
    return bytes(_summary(w, out, topics, messages, chunks, files, metadata, definitions)), w.names


def _summary(w, out, topics, messages, chunks, files, metadata, definitions):
    start = len(out)
    section = bytearray(definitions())
    counts = b"".join(w.number(f"counts.{t}.channel", "u16", t + 1)
                      + w.number(f"counts.{t}.count", "u64", sum(1 for m in messages if m[0] == t))
                      for t in range(len(topics)))
    times = [m[1] for m in messages] or [0]
    section += w.record(11, lambda n: w.number(n + ".messages", "u64", len(messages))
                        + w.number(n + ".schemas", "u16", len(topics)) + w.number(n + ".channels", "u32", len(topics))
                        + w.number(n + ".attachments", "u32", len(files))
                        + w.number(n + ".metadata", "u32", len(metadata)) + w.number(n + ".chunks", "u32", len(chunks))
                        + w.number(n + ".start", "u64", min(times)) + w.number(n + ".end", "u64", max(times))
                        + w.text(n + ".counts", counts))
    for low, high, offset, length, indexes, index_length, stored, size in chunks:
        section += w.record(8, lambda n: w.number(n + ".start", "u64", low) + w.number(n + ".end", "u64", high)
                            + w.number(n + ".offset", "u64", offset) + w.number(n + ".length", "u64", length)
                            + w.text(n + ".indexes", b"".join(
                                w.number(f"{n}.{c}.channel", "u16", c) + w.number(f"{n}.{c}.offset", "u64", o)
                                for c, o in indexes))
                            + w.number(n + ".indexLength", "u64", index_length) + w.text(n + ".compression", "")
                            + w.number(n + ".storedSize", "u64", stored) + w.number(n + ".size", "u64", size))
    for name, offset, length, size in files:
        section += w.record(10, lambda n: w.number(n + ".offset", "u64", offset)
                            + w.number(n + ".length", "u64", length) + w.number(n + ".time", "u64", 0)
                            + w.number(n + ".created", "u64", 0) + w.number(n + ".size", "u64", size)
                            + w.text(n + ".name", name) + w.text(n + ".type", "x"))
    section += (w.number("footer.0.opcode", "u8", 2) + w.number("footer.0.recordLength", "u64", 20)
                + w.number("footer.0.summary", "u64", start) + w.number("footer.0.offsets", "u64", 0))
    return out + section + w.number("footer.0.crc", "u32", zlib.crc32(section)) + MAGIC


def records(data, start=8):
    """The records of a file, or of a chunk (from 0 on), as (opcode, fields)."""
    while start + 9 <= len(data):
        opcode, length = data[start], struct.unpack_from("<Q", data, start + 1)[0]
        yield opcode, data[start + 9:start + 9 + length]
        start += 9 + length
        if opcode == 15:
            return


def contents(data):
    """What a file of uncompressed chunks holds: topics, messages, attachments and metadata, as `log` takes them."""
    schemas, channels, messages, attachments, metadata, library = {}, {}, [], [], [], ""

    def text(body, at):
        length = struct.unpack_from("<I", body, at)[0]
        return body[at + 4:at + 4 + length], at + 4 + length

    def take(opcode, body):
        nonlocal library
        if opcode == 1:
            library = text(body, text(body, 0)[1])[0].decode()
        elif opcode == 3:
            name, at = text(body, 2)
            data, _ = text(body, text(body, at)[1])
            schemas[struct.unpack_from("<H", body)[0]] = (name.decode(), data)
        elif opcode == 4:
            number, schema = struct.unpack_from("<HH", body)
            topic, at = text(body, 4)
            channels[number] = (topic.decode(), schemas[schema][0], text(body, at)[0].decode())
        elif opcode == 5:
            number, _, time = struct.unpack_from("<HIQ", body)
            messages.append((number, time, body[22:]))
        elif opcode == 6:
            for inner in records(body, 8 + 8 + 8 + 4 + 4 + 8):
                take(*inner)
        elif opcode == 9:
            name, at = text(body, 16)
            _, at = text(body, at)
            length = struct.unpack_from("<Q", body, at)[0]
            attachments.append((name.decode(), body[at + 8:at + 8 + length]))
        elif opcode == 12:
            name, at = text(body, 0)
            end = at + 4 + struct.unpack_from("<I", body, at)[0]
            at, entries = at + 4, []
            while at < end:
                key, at = text(body, at)
                value, at = text(body, at)
                entries.append((key.decode(), value.decode()))
            metadata.append((name.decode(), entries))

    for record in records(data):
        take(*record)
    numbers = sorted(channels)
    return ([channels[n] for n in numbers], [(numbers.index(c), t, d) for c, t, d in messages], attachments, metadata,
            library)
