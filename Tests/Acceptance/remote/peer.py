"""A peer that speaks the protocol of remote.proto as little as a check needs, and damages it.

    peer.py record PORT TARGET FILE     passes a connection on, and keeps what the robot says
    peer.py refusals PORT TOKEN         greets as it must not, and prints each answer
    peer.py fuzz PORT TOKEN FILE CASES SEED   damages what was kept, in CASES messages
"""

import random
import socket
import struct
import sys
import threading


def crc32c(data, table=[]):
    if not table:
        for byte in range(256):
            value = byte
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
            table.append(value)
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def frame(message):
    return struct.pack("<II", len(message), crc32c(message)) + message


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def greeting(version=2, token="", **more):
    content = field(1, version) + field(2, "check-remote") + field(3, token)
    for number, value in more.items():
        content += field(int(number[1:]), value)
    return field(1, content)


def connect(port):
    link = socket.create_connection(("127.0.0.1", port), timeout=10)
    link.settimeout(10)
    return link


def receive(link):
    """A message; None at the end of the connection."""

    def exactly(count):
        data = b""
        while len(data) < count:
            try:
                more = link.recv(count - len(data))
            except (ConnectionError, TimeoutError):
                return None
            if not more:
                return None
            data += more
        return data

    head = exactly(8)
    return exactly(struct.unpack("<II", head)[0]) if head else None


def messages(data):
    """What was kept, cut into messages without their heads."""
    out, at = [], 0
    while at + 8 <= len(data):
        length = struct.unpack_from("<I", data, at)[0]
        out.append(data[at + 8:at + 8 + length])
        at += 8 + length
    return out


def record(port, target, path):
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    robot, _ = listener.accept()
    learner = connect(target)
    learner.settimeout(None)

    def back():
        while data := learner.recv(1 << 16):
            robot.sendall(data)
        robot.close()

    threading.Thread(target=back, daemon=True).start()
    with open(path, "wb") as kept:
        try:
            while data := robot.recv(1 << 16):
                kept.write(data)
                learner.sendall(data)
        except OSError:
            pass
    learner.close()


def refusals(port, token):
    for name, message in [
        ("no token", greeting()), ("wrong token", greeting(token="x" * len(token))),
        ("other version", greeting(version=3, token=token)), ("no environment", greeting(token=token)),
    ]:
        link = connect(port)
        link.sendall(frame(message))
        answer = receive(link) or b""
        end = receive(link)
        print(f"{name}: {answer[4:].decode(errors='replace')}; {'ended' if end is None else 'goes on'}")


def damaged(message, draw):
    data = bytearray(message)
    kind = draw.randrange(6)
    if kind == 0 and data:
        for _ in range(draw.choice([1, 1, 2, 20])):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif kind == 1:
        del data[draw.randrange(len(data) + 1):]
    elif kind == 2:
        at = draw.randrange(len(data) + 1)
        data[at:at] = draw.randbytes(draw.randrange(1, 64))
    elif kind == 3:
        at = draw.randrange(len(data) + 1)
        data[at:at + draw.randrange(1, 64)] = b""
    elif kind == 4:
        data = bytearray(draw.randbytes(draw.randrange(200)))
    else:
        at = draw.randrange(min(len(data), 12) + 1)
        data[at:at + 5] = varint(draw.choice([1 << 31, (1 << 63) - 1, 1 << 20, 0]))
    return bytes(data)


def fuzz(port, token, path, cases, seed):
    """Strangers whose greetings are damaged, and strangers' messages whose checksums are wrong or right."""
    draw = random.Random(seed)
    kept = messages(open(path, "rb").read())
    # The robot of the kept messages has shown the token: none of these may be let in by it.
    strangers = [kept[0].replace(token.encode(), b"y" * len(token))] + kept[1:40]
    link, sent = None, 0
    for case in range(cases):
        if link is None:
            link, sent = connect(port), 0
        message = damaged(draw.choice(strangers), draw)
        head = struct.pack("<II", len(message), crc32c(message))
        if draw.randrange(3) == 0:
            head = draw.choice([
                struct.pack("<II", len(message), draw.getrandbits(32)), draw.randbytes(8),
                struct.pack("<II", 0xFFFFFFFF, 0)])
        try:
            link.sendall(head + message)
            sent += 1
            link.settimeout(0.0005)
            try:
                while link.recv(1 << 16):
                    pass
                ended = True
            except (TimeoutError, BlockingIOError):
                ended = False
            link.settimeout(10)
        except OSError:
            ended = True
        if ended or sent > 3:
            link.close()
            link = None
    print(f"{cases} damaged messages", flush=True)


if __name__ == "__main__":
    command, port, *rest = sys.argv[1:]
    if command == "record":
        record(int(port), int(rest[0]), rest[1])
    elif command == "refusals":
        refusals(int(port), rest[0])
    else:
        fuzz(int(port), rest[0], rest[1], int(rest[2]), int(rest[3]))
