"""The host of a Gymnasium environment for avg-vision: speaks docs/environment-protocol.md on descriptor 3.

avg-vision carries this file and starts it; it needs Gymnasium and numpy. What the environment prints is no protocol.
"""

import ast
import fcntl
import importlib
import json
import mmap
import os
import platform
import select
import signal
import socket
import struct
import sys
import threading
import time
import traceback

VERSION = 1
HELLO, SPECIFICATION, RESET, STEP, RESULT, STOP, RENDER, PICTURE, CLOSE, ERROR = range(1, 11)
HAS_SEED = 1
TERMINATED, TRUNCATED, SUCCESS, STALE, SHARED = 1, 2, 4, 8, 16
HEADER = struct.Struct("<IBBHQ")
RESULT_START = struct.Struct("<IBBHQdqII")
PACKAGES = "python3 -m pip install 'gymnasium[mujoco]' 'mujoco<4'"
# An observation of so many bytes goes faster through shared memory than through the socket.
SHARED_FROM, SLOTS = 16384, 2


class Failure(Exception):
    """What ends the host with a line for people."""


def load(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if error.name == "gymnasium" or error.name == "numpy":
            raise Failure(
                f"{sys.executable} has no module '{error.name}'. Install it, for example with {PACKAGES}, or name another Python: "
                "--python PATH."
            ) from error
        raise Failure(f"the module '{name}' cannot be imported: {error}") from error


def literal(text):
    """A Python or JSON literal; any other text is itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {"true": True, "false": False, "null": None}.get(text, text)


def wrap(environment, text):
    """Puts a wrapper such as ResizeObservation(shape=(84, 84)) around an environment."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
        words = ast.unparse(call.func if isinstance(call, ast.Call) else call)
        positional = [ast.literal_eval(value) for value in getattr(call, "args", [])]
        named = {word.arg: ast.literal_eval(word.value) for word in getattr(call, "keywords", [])}
    except (ValueError, SyntaxError) as error:
        raise Failure(f"the wrapper '{text}' is not NAME or NAME(argument=literal, …): {error}") from error
    module, _, name = words.rpartition(".")
    wrapper = getattr(load(module or "gymnasium.wrappers"), name, None)
    if wrapper is None:
        raise Failure(f"{module or 'gymnasium.wrappers'} has no wrapper '{name}'")
    return wrapper(environment, *positional, **named)


def make(gymnasium, request):
    """Makes what the learner asks for."""
    if not request or not request.get("id"):
        raise Failure("no environment is named; give --gymnasium ID")
    for name in request.get("imports", []):
        load(name)
    keywords = {}
    for word in request.get("keywords", []):
        name, _, value = word.partition("=")
        keywords[name.strip()] = literal(value.strip())
    if request.get("maximumEpisodeSteps"):
        keywords["max_episode_steps"] = request["maximumEpisodeSteps"]
    try:
        # The passive checker costs as much as a step of MuJoCo; what it would find, the learner refuses.
        environment = gymnasium.make(request["id"], disable_env_checker=True, **keywords)
    except gymnasium.error.Error as error:
        raise Failure(f"gymnasium.make: {error}") from error
    for text in request.get("wrappers", []):
        environment = wrap(environment, text)
    return environment


def number(value):
    """A number as the protocol's JSON has it."""
    value = float(value)
    return value if value - value == 0 else "nan" if value != value else "inf" if value > 0 else "-inf"


def bounds(values):
    flat = values.ravel()
    if flat.size == 0 or (flat == flat[0]).all():
        return number(flat[0]) if flat.size else 0.0
    return [number(value) for value in flat]


def describe(space, gymnasium):
    """A space in the words of the protocol."""
    spaces = gymnasium.spaces
    if isinstance(space, spaces.Box):
        return {
            "type": "Box",
            "dtype": space.dtype.name,
            "shape": list(space.shape),
            "low": bounds(space.low),
            "high": bounds(space.high),
        }
    if isinstance(space, spaces.Dict):
        parts = [{"name": name, "space": describe(part, gymnasium)} for name, part in space.spaces.items()]
        return {"type": "Dict", "spaces": parts}
    return {"type": type(space).__name__, "description": str(space)}


class Leaf:
    """An array of an observation: the names that lead to it, and where it is written."""

    def __init__(self, names, space, offset):
        self.names, self.space, self.offset = names, space, offset
        self.shape, self.dtype = space.shape, space.dtype

    def views(self, numpy, buffers):
        count = int(numpy.prod(self.shape))
        self.targets = [
            numpy.frombuffer(buffer, self.dtype, count, start + self.offset).reshape(self.shape)
            for buffer, start in buffers
        ]

    def write(self, observation, slot, numpy):
        for name in self.names:
            observation = observation[name]
        value = numpy.asarray(observation)
        if value.shape != self.shape:
            where = "/".join(self.names) or "observation"
            raise Failure(f"its {where} has the shape {value.shape}, not {self.shape} as its space says")
        try:
            numpy.copyto(self.targets[slot], value, casting="same_kind")
        except TypeError as error:
            where = "/".join(self.names) or "observation"
            raise Failure(f"its {where} is {value.dtype}, not {self.dtype} as its space says") from error


def leaves(space, gymnasium, names=(), offset=0):
    """The arrays of a space in the order of their bytes, and the byte behind them; what cannot be encoded has none."""
    spaces = gymnasium.spaces
    if isinstance(space, spaces.Box):
        size = int(space.dtype.itemsize)
        for length in space.shape:
            size *= length
        return [Leaf(names, space, offset)], offset + (size + 7) // 8 * 8
    found = []
    if isinstance(space, spaces.Dict):
        for name, part in space.spaces.items():
            inner, offset = leaves(part, gymnasium, names + (name,), offset)
            found += inner
    return found, offset


class Host:
    def __init__(self):
        self.socket = socket.socket(fileno=3)
        self.sequence = 0
        self.environment = None
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        """Ends a host whose learner is gone and whose environment does not come back."""
        poll = select.poll()
        poll.register(3, 0)
        poll.poll()
        time.sleep(10)
        os._exit(1)

    def read(self, view):
        """Fills `view`; whether the stream has not ended before."""
        done = 0
        while done < len(view):
            count = self.socket.recv_into(view[done:])
            if count == 0:
                return False
            done += count
        return True

    def send(self, kind, payload, descriptor=None):
        message = HEADER.pack(len(payload), kind, 0, 0, self.sequence) + payload
        if descriptor is None:
            self.socket.sendall(message)
        else:
            sent = socket.send_fds(self.socket, [message], [descriptor])
            self.socket.sendall(message[sent:])

    def introduce(self):
        """Answers hello with the specification."""
        header = bytearray(HEADER.size)
        if not self.read(memoryview(header)):
            return False
        length, kind, _, _, self.sequence = HEADER.unpack(header)
        text = bytearray(length)
        if kind != HELLO or not self.read(memoryview(text)):
            raise Failure("the learner did not say hello")
        hello = json.loads(text)
        if hello.get("protocol") != VERSION:
            raise Failure(f"the learner speaks version {hello.get('protocol')} of the protocol, this host {VERSION}")
        if hello.get("environments", 1) != 1:
            raise Failure("this host makes one environment, not several")
        gymnasium, self.numpy = load("gymnasium"), load("numpy")
        self.environment = make(gymnasium, hello.get("make"))
        self.prepare(gymnasium, hello.get("sharedMemory", False))
        return True

    def prepare(self, gymnasium, may_share):
        """Lays out an observation and an action, and tells the specification."""
        environment, numpy = self.environment, self.numpy
        observation, action = environment.observation_space, environment.action_space
        self.leaves, size = leaves(observation, gymnasium)
        self.result = bytearray(RESULT_START.size + size)
        buffers, shared, descriptor = [(self.result, RESULT_START.size)], None, None
        if may_share and size >= SHARED_FROM and hasattr(fcntl, "F_ADD_SEALS"):
            slot_bytes = (size + 63) // 64 * 64
            descriptor = os.memfd_create("avg-vision observations", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(descriptor, SLOTS * slot_bytes)
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
            memory = mmap.mmap(descriptor, SLOTS * slot_bytes)
            buffers = [(memory, slot * slot_bytes) for slot in range(SLOTS)]
            shared = {"slots": SLOTS, "slotBytes": slot_bytes}
            self.result = bytearray(RESULT_START.size)
        self.slots, self.slot = len(buffers), 0
        self.is_shared = shared is not None
        for leaf in self.leaves:
            leaf.views(numpy, buffers)
        self.request = bytearray(HEADER.size)
        if isinstance(action, gymnasium.spaces.Box):
            size = int(numpy.prod(action.shape)) * action.dtype.itemsize
            self.request = bytearray(HEADER.size + (size + 7) // 8 * 8)
            self.action = numpy.frombuffer(
                self.request, action.dtype, int(numpy.prod(action.shape)), HEADER.size
            ).reshape(action.shape)
        metadata = environment.metadata or {}
        rate = metadata.get("render_fps")
        spec = environment.spec
        name = spec.id if spec else type(environment.unwrapped).__name__
        description = {
            "protocol": VERSION,
            "program": f"gymnasium {gymnasium.__version__}, numpy {numpy.__version__}, Python "
            + platform.python_version(),
            "name": name,
            "environments": 1,
            "observationSpace": describe(observation, gymnasium),
            "actionSpace": describe(action, gymnasium),
            "maximumEpisodeSteps": spec.max_episode_steps if spec else None,
            "pace": metadata.get("pace", "unpaced"),
            "periodNanoseconds": round(1e9 / rate) if rate else None,
            "lateAction": metadata.get("late_action", "wait"),
            "measures": [],
            "views": ["rgb_array"] if environment.render_mode == "rgb_array" else [],
            "sharedMemory": shared,
        }
        self.send(SPECIFICATION, json.dumps(description, allow_nan=False).encode(), descriptor)
        if descriptor is not None:
            os.close(descriptor)

    def serve(self):
        """Answers questions to the end of the stream."""
        environment, request = self.environment, self.request
        view = memoryview(request)
        is_over = True
        while True:
            count = self.socket.recv_into(view)
            if count < HEADER.size and (count == 0 or not self.read(view[count : HEADER.size])):
                return
            count = max(count, HEADER.size)
            length, kind, flags, _, self.sequence = HEADER.unpack_from(request)
            end = HEADER.size + length
            if kind == STEP:
                if end != len(request):
                    raise Failure(f"an action came with {length} bytes, not {len(request) - HEADER.size}")
                if count < end and not self.read(view[count:end]):
                    return
                if is_over:
                    raise Failure("a step was asked for after the end of an episode; nothing resets by itself")
                # A copy: an environment may keep what it was given.
                observation, reward, terminated, truncated, info = environment.step(self.action.copy())
                is_over = bool(terminated) or bool(truncated)
                if is_over and ("final_observation" in info or "final_obs" in info):
                    raise Failure("the environment resets by itself; take away the wrapper that makes it do so")
                flags = (TERMINATED if terminated else 0) | (TRUNCATED if truncated else 0)
                self.tell(observation, float(reward), flags, info)
                continue
            payload = request[HEADER.size : min(count, end)]
            rest = bytearray(end - HEADER.size - len(payload))
            if rest and not self.read(memoryview(rest)):
                return
            payload += rest
            # `stop` may come with the next question behind it.
            if count > end:
                raise Failure("two questions came at once")
            if kind == RESET:
                seed = int.from_bytes(payload[:8], "little") if flags & HAS_SEED else None
                options = json.loads(payload[8:]) if len(payload) > 8 else None
                observation, info = environment.reset(seed=seed, options=options)
                is_over = False
                self.tell(observation, 0.0, 0, info)
            elif kind == STOP:
                getattr(environment.unwrapped, "stop", lambda: None)()
            elif kind == RENDER:
                self.show()
            elif kind == CLOSE:
                return
            else:
                raise Failure(f"the learner sent a message of kind {kind}, which is no question")

    def tell(self, observation, reward, flags, info):
        """Sends a result."""
        if info:
            if info.get("is_success"):
                flags |= SUCCESS
            if info.get("is_stale"):
                flags |= STALE
        slot = 0
        if self.is_shared:
            slot = self.slot = (self.slot + 1) % self.slots
            flags |= SHARED
        for leaf in self.leaves:
            leaf.write(observation, slot, self.numpy)
        captured = info.get("captured_nanoseconds", 0) if info else 0
        missed = info.get("missed_cycles", 0) if info else 0
        RESULT_START.pack_into(
            self.result, 0, len(self.result) - HEADER.size, RESULT, flags, 0, self.sequence, reward, captured, missed, slot
        )
        self.socket.sendall(self.result)

    def show(self):
        image = self.numpy.ascontiguousarray(self.environment.render(), dtype=self.numpy.uint8)
        self.send(PICTURE, struct.pack("<II", *image.shape[:2]) + image.tobytes())


def main():
    # The learner decides when a run ends: Ctrl-C is meant for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The folder that the program was started in, as for `python3 -c`: modules to import may lie there.
    sys.path[0:1] = [os.getcwd()]
    host = Host()
    try:
        if host.introduce():
            host.serve()
    except (BrokenPipeError, ConnectionResetError):
        pass
    except Failure as failure:
        host.send(ERROR, str(failure).encode())
        sys.exit(1)
    except Exception as error:
        first = f"{type(error).__name__}: {error}".replace("\n", " ")
        traceback.print_exc()
        host.send(ERROR, f"{first}\n{traceback.format_exc()}".encode())
        sys.exit(1)
    finally:
        if host.environment is not None:
            host.environment.close()


main()
