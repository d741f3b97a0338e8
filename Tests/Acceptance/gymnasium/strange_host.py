"""An environment that does one thing wrong: strange_host.py FAULT. Speaks docs/environment-protocol.md, needs no package."""

import json
import os
import signal
import socket
import struct
import sys
import time

HEADER = struct.Struct("<IBBHQ")
HELLO, SPECIFICATION, RESET, STEP, RESULT, STOP, _, _, CLOSE, ERROR = range(1, 11)
fault = sys.argv[1]
# The step of the run at which what goes wrong in a step goes wrong; behind a checkpoint.
LATE = 150
channel = socket.socket(fileno=3)
box = {"type": "Box", "dtype": "float32", "shape": [2], "low": -1, "high": 1}


def read(count):
    data = b""
    while len(data) < count:
        part = channel.recv(count - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data


def send(kind, payload, sequence, flags=0, environment=0, length=None):
    channel.sendall(
        HEADER.pack(len(payload) if length is None else length, kind, flags, environment, sequence) + payload
    )


def result(sequence, reward, signals, flags=0, **changes):
    payload = struct.pack("<dqII", reward, 0, 0, changes.pop("slot", 0)) + struct.pack("<2f", *signals)
    send(RESULT, changes.pop("payload", payload), sequence, flags, **changes)


if fault == "dies at once":
    sys.exit(3)
length, kind, _, _, sequence = HEADER.unpack(read(HEADER.size))
hello = json.loads(read(length))
specification = {"protocol": 1, "name": "strange", "observationSpace": box, "actionSpace": box}
passed = []
match fault:
    case "dies at hello":
        print("no memory left for the world", flush=True)
        sys.exit(4)
    case "hangs at hello":
        time.sleep(60)
    case "fails at hello":
        send(ERROR, "the arm is not\x1b[31m plugged in\nsecond line".encode(), sequence)
        sys.exit(1)
    case "another version":
        specification["protocol"] = 99
    case "another first message":
        result(sequence, 0, (0, 0))
    case "no JSON":
        send(SPECIFICATION, b"{", sequence)
    case "no spaces":
        del specification["actionSpace"]
    case "a huge specification":
        send(SPECIFICATION, b"", sequence, length=0xFFFFFFFF)
    case "discrete actions":
        specification["actionSpace"] = {"type": "Discrete", "description": "Discrete(4)"}
    case "text as an observation":
        specification["observationSpace"] = {"type": "Text", "description": "Text(1, 5)"}
    case "unknown element type":
        specification["observationSpace"] = dict(box, dtype="complex64")
    case "too many elements":
        specification["observationSpace"] = dict(box, shape=[1 << 40])
    case "bounds of another length":
        specification["actionSpace"] = dict(box, low=[-1, -1, -1])
    case "memory that may shrink":
        passed = [os.memfd_create("test")]
        os.ftruncate(passed[0], 4096)
        specification["sharedMemory"] = {"slots": 1, "slotBytes": 64}
    case "memory without a descriptor":
        specification["sharedMemory"] = {"slots": 1, "slotBytes": 64}
    case "a slot that is not there":
        import fcntl

        passed = [os.memfd_create("test", os.MFD_ALLOW_SEALING)]
        os.ftruncate(passed[0], 64)
        fcntl.fcntl(passed[0], fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        specification["sharedMemory"] = {"slots": 1, "slotBytes": 64}
text = json.dumps(specification).encode()
message = HEADER.pack(len(text), SPECIFICATION, 0, 0, sequence) + text
socket.send_fds(channel, [message], passed) if passed else channel.sendall(message)

steps = starts = 0
while True:
    length, kind, flags, _, sequence = HEADER.unpack(read(HEADER.size))
    payload = read(length)
    if kind == RESET:
        starts += 1
        match fault:
            case "dies at reset":
                os.kill(os.getpid(), signal.SIGKILL)
            case "begins with an end":
                result(sequence, 0, (0, 0), 1)
                continue
            case "ignores seeds":
                result(sequence, 0, (time.monotonic() % 1, starts / 1000))
                continue
        result(sequence, 0, (0.5, -0.5))
    elif kind == STEP:
        steps += 1
        print("step", steps, "# this is no protocol", flush=True)
        action = struct.unpack("<2f", payload)
        state, reward, flags = (action[0], steps % 10 / 10), -abs(action[0]), 2 if steps % 20 == 0 else 0
        if steps != LATE:
            result(sequence, reward, state, flags)
            continue
        match fault:
            case "dies at a step":
                print("Segmentation fault", file=sys.stderr, flush=True)
                os._exit(139)
            case "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "closes its socket":
                channel.close()
                time.sleep(60)
            case "hangs at a step":
                time.sleep(60)
            case "is stopped":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "answers byte by byte":
                for byte in HEADER.pack(32, RESULT, 0, 0, sequence) + bytes(32):
                    channel.sendall(bytes([byte]))
                    time.sleep(0.2)
            case "answers too late":
                time.sleep(1.5)
                result(sequence, reward, state, flags)
            case "fails at a step":
                send(ERROR, "ZeroDivisionError: division by zero\nTraceback …".encode(), sequence)
                sys.exit(1)
            case "another kind of answer":
                send(SPECIFICATION, text, sequence)
            case "an old number":
                result(sequence - 1, reward, state, flags)
            case "the answer of another environment":
                result(sequence, reward, state, flags, environment=1)
            case "float64 for float32":
                result(sequence, 0, (0, 0), payload=struct.pack("<dqII2d", 0, 0, 0, 0, *state))
            case "another shape":
                result(sequence, 0, (0, 0), payload=struct.pack("<dqII6f", 0, 0, 0, 0, *[0.0] * 6))
            case "a short answer":
                result(sequence, 0, (0, 0), payload=bytes(8))
            case "a huge answer":
                result(sequence, reward, state, flags, length=0xFFFFFFF0)
            case "resets by itself":
                result(sequence, reward, state, 2)
                result(sequence, 0, (0.5, -0.5))
            case "a reward that is no number":
                result(sequence, float("nan"), state, flags)
            case "an endless reward":
                result(sequence, float("inf"), state, flags)
            case "a signal that is no number":
                result(sequence, reward, (float("nan"), 0), flags)
            case "a slot that is not there":
                result(sequence, 0, (0, 0), 16, payload=struct.pack("<dqII", 0, 0, 0, 1))
            case "shared memory that nobody has":
                result(sequence, 0, (0, 0), 16, payload=struct.pack("<dqII", 0, 0, 0, 0))
            case _:
                result(sequence, reward, state, flags)
    elif kind == CLOSE:
        sys.exit(0)
