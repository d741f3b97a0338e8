"""50 clients, of which 10 stall, while training: what a step costs the thread that acts and learns."""

import hashlib
import http.client
import json
import multiprocessing
import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time

from library import expect
from training import Training

CLIENTS, STALLED = 50, 10
ROUNDS, PHASE_SECONDS = 12, 2.0
LARGEST_EXCESS = 0.02
LARGEST_COST = 0.01
COST_ROUNDS, COST_STEPS = 5, 8_000
# `RequestReader`'s bounds; and how long a visitor may wait, in seconds, beyond what it waits alone. Here the strangers and
# the run share two cores with the server, which has the lowest priority: 0.3 to 0.9 s were seen, and several seconds
# where something else takes a whole core.
LARGEST_HEAD, LARGEST_BODY = 16 << 10, 1 << 10
LONGEST_WAIT = 2.0


def request(port, path="/state"):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\n\r\n".encode()


class Crowd:
    """The clients, in a process of its own, at the lowest priority: they stand for other computers."""

    def __init__(self, port):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "clients", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1, start_new_session=True)

    def tell(self, word):
        """Has them come or go, and waits until they have; the number of answers that they have had."""
        print(word, file=self.process.stdin)
        return int(self.process.stdout.readline())

    def end(self):
        self.process.kill()
        self.process.wait()


def clients(port):
    """What that process does: a line on standard input has the clients come or go, and is answered when they have."""
    os.nice(19)
    counts = [0] * CLIENTS
    # While they are away their processor has other work: beside an idle one another is faster, whoever works there.
    present = threading.Event()
    threading.Thread(target=work, args=(present,), daemon=True).start()
    for line in sys.stdin:
        if line.strip() == "come":
            present.set()
            before, ended = list(counts), threading.Event()
            threads = [
                threading.Thread(
                    target=stall if number < STALLED else poll, args=(port, ended, counts, number), daemon=True)
                for number in range(CLIENTS)]
            for thread in threads:
                thread.start()
            # Each has had an answer, or all that it is going to get.
            while any(counts[number] == before[number] for number in range(CLIENTS)):
                time.sleep(0.01)
        else:
            ended.set()
            for thread in threads:
                thread.join()
            present.clear()
        print(sum(counts[STALLED:]), flush=True)


def work(present):
    """Computes while the clients are away."""
    while True:
        if present.is_set():
            time.sleep(0.01)
        else:
            hashlib.sha256(bytes(1 << 18))


def poll(port, ended, counts, number):
    """A client that asks as the page does: for what it does not have yet."""
    kinds = {"snapshot": "series", "episode": "episodes", "event": "events"}
    query = ""
    while not ended.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                while not ended.is_set():
                    connection.sendall(request(port, "/state?" + query))
                    head, body = b"", b""
                    while b"\r\n\r\n" not in head:
                        head += connection.recv(65536) or fail_connection()
                    head, _, body = head.partition(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length:")[1].split()[0])
                    while len(body) < length:
                        body += connection.recv(65536) or fail_connection()
                    update = json.loads(body)
                    query = "&".join(f"{name}={update[kind]['last']}" for name, kind in kinds.items())
                    counts[number] += 1
                    ended.wait(0.15)
        except OSError:
            ended.wait(0.2)


def fail_connection():
    raise OSError("closed")


def stall(port, ended, counts, number):
    """A client that asks for much and reads nothing, or never ends its request."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect(("127.0.0.1", port))
        connection.setblocking(False)
        try:
            connection.sendall(request(port) * 40 if number % 2 else b"GET /state HTTP/1.1\r\nHost: 12")
        except OSError:
            pass
        counts[number] += 1
        ended.wait()


def readings_of_phase(training):
    """What a step took in a phase, of the processor and by the clock, in ms: a mean each 0.1 s."""
    last = training.state()["series"]["last"]
    time.sleep(PHASE_SECONDS)
    entries = training.state(f"?snapshot={last}")["series"]["entries"]
    return [(entry["processorMilliseconds"], 1000 / entry["stepsPerSecond"]) for entry in entries]


def lowest_tenth(readings):
    """The tenth part of the readings below which the machine's other programs were least in the way, each by its own."""
    return [statistics.quantiles(column, n=10)[0] for column in zip(*readings)]


def set_apart(training, crowd):
    """Gives the thread that acts and learns a processor and, if that is permitted, the priority that it has with a robot;
    the clients have other processors, as on other computers."""
    first, *others = sorted(os.sched_getaffinity(0))
    if others:
        os.sched_setaffinity(training.process.pid, {first})
        os.sched_setaffinity(crowd.process.pid, others)
    try:
        os.sched_setscheduler(training.process.pid, os.SCHED_FIFO, os.sched_param(40))
    except PermissionError:
        pass


def check_clients(folder):
    """Phases without and with the clients take turns in one run."""
    alone, watched, answers = [], [], 0
    with Training(folder, "0", 100_000_000) as training:
        crowd = Crowd(training.port)
        try:
            set_apart(training, crowd)
            time.sleep(3)
            for _ in range(ROUNDS):
                alone += readings_of_phase(training)
                crowd.tell("come")
                watched += readings_of_phase(training)
                answers = crowd.tell("go")
        finally:
            crowd.end()
    expect(answers > 100, f"the clients got {answers} answers")
    expect(min(len(alone), len(watched)) >= 5 * ROUNDS, f"only {len(alone)} and {len(watched)} readings")
    # Other programs' use of memory slows a core by a fifth for seconds on end, whether the clients are there or not: the
    # quietest readings are compared. What 50 clients cost they cost all the time.
    processor, clock = (
        with_them / without for with_them, without in zip(lowest_tenth(watched), lowest_tenth(alone)))
    for ratio, what in ((processor, "processor time"), (clock, "time")):
        expect(ratio <= 1 + LARGEST_EXCESS, f"with {CLIENTS} clients a step takes {ratio:.3f} times the {what} of none")
    print(
        f"check-dashboard: {CLIENTS} clients, {STALLED} of them stalled, {answers} answers: a step takes {processor:.3f} times "
        f"the processor time of none, {clock:.3f} times the time; lowest tenths of {len(watched)} and {len(alone)} readings")


def cost_of_run(folder, address, steps):
    """The processor time of a whole training's thread."""
    with Training(folder, address, steps) as training:
        seconds = 0
        while training.process.poll() is None:
            try:
                seconds = training.processor_seconds()
            except OSError:
                break
            time.sleep(0.005)
        training.process.wait()
    return seconds


def check_cost(folder):
    """The same training with and without the page, in turns: the least that each has taken."""
    seconds = [[], []]
    for _ in range(COST_ROUNDS):
        for address, column in zip((None, "0"), seconds):
            column.append(cost_of_run(folder, address, COST_STEPS))
    ratio = min(seconds[1]) / min(seconds[0])
    expect(ratio <= 1 + LARGEST_COST, f"with the dashboard a training costs {ratio:.3f} times as much")
    print(f"check-dashboard: with the dashboard a training costs {ratio:.3f} times the processor time of one without")


def strangers_hold(port, count, text):
    """Connections that stay, and say no more than `text`."""
    connections = []
    for _ in range(count):
        connection = socket.socket()
        connection.settimeout(2)
        try:
            connection.connect(("127.0.0.1", port))
            connection.sendall(text)
        except OSError:
            pass
        connections.append(connection)
    return connections


def strangers_come_and_go(port, ended):
    """Connections as fast as one can open them."""
    os.nice(19)
    while not ended.is_set():
        strangers_hold(port, 20, b"GET /state HTTP/1.1\r\n")


def strangers_pour(port, ended, text):
    """Requests above a bound, one after another, each sent to its end or to where the server has had enough."""
    os.nice(19)
    while not ended.is_set():
        for connection in strangers_hold(port, 1, text):
            connection.close()


def longest_wait(training, seconds):
    """The longest that a visitor with the token, who opens a new connection each time, has waited."""
    longest, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        status, _, _ = training.request("GET", "/state", {"Authorization": f"Bearer {training.token}"})
        expect(status == 200, f"among strangers: {status}")
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.02)
    return longest


def check_strangers(folder):
    """Strangers who hold connections, come in floods or send too much: who has the token is served within a second."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    head = b"GET / HTTP/1.1\r\nx: " + b"a" * LARGEST_HEAD + b"\r\n\r\n"
    body = f"POST /stop HTTP/1.1\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n".encode() + b"b" * (LARGEST_BODY + 1)
    waits = {}
    with Training(folder, "0.0.0.0:0") as training:
        port, right = training.port, {"Authorization": f"Bearer {training.token}"}
        before = training.state()["snapshot"]["steps"], training.servers()
        began = time.monotonic()
        for text, status in ((head, 431), (body, 413)):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(text)
                expect(connection.recv(100).startswith(f"HTTP/1.1 {status} ".encode()), f"no {status} just above the bound")
        # What other programs take of the processors is none of the strangers' doing.
        alone = longest_wait(training, 2)
        filled = {**right, "x": "a" * (LARGEST_HEAD - 512)}
        expect(training.request("GET", "/state", filled)[0] == 200, "a head just below the bound is refused")
        for what, text in (
            ("half a head", b"GET /state HTTP/1.1\r\nHost: 12"), ("nothing", b""),
            ("requests without reading", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 40),
        ):
            connections = strangers_hold(port, 700, text)
            waits[f"700 with {what}"] = longest_wait(training, 2)
            for connection in connections:
                connection.close()
        for what, work, more in (
            ("a flood", strangers_come_and_go, []), ("heads too large", strangers_pour, [head]),
            ("bodies too large", strangers_pour, [body]), ("heads without an end", strangers_pour, [head[:-4] * 8]),
        ):
            # Processes of their own: they stand for other computers.
            ended = multiprocessing.Event()
            crowd = [multiprocessing.Process(target=work, args=[port, ended, *more], daemon=True) for _ in range(4)]
            for stranger in crowd:
                stranger.start()
            waits[what] = longest_wait(training, 2)
            ended.set()
            for stranger in crowd:
                stranger.join()
        for what, wait in waits.items():
            expect(
                wait < LONGEST_WAIT + alone, f"beside {what} a visitor waited for {wait:.2f} s, alone for {alone:.2f} s")
        after = training.state()["snapshot"]["steps"], training.servers()
        rate = (after[0] - before[0]) / (time.monotonic() - began)
        expect(after[0] > before[0], "the run stood still while strangers came")
        expect(after[1] == before[1], "the server did not survive the strangers")
    print(
        f"check-dashboard: among strangers who hold 700 connections, come in floods or send too much a visitor with the token "
        f"waits for {max(waits.values()):.3f} s at most ({max(waits, key=waits.get)}), alone for {alone:.3f} s; the run does {rate:.0f} steps a second")


match sys.argv[1:]:
    case ["clients", port]:
        clients(int(port))
    case ["strangers", folder]:
        check_strangers(folder)
    case ["cost", folder]:
        check_clients(folder)
        check_cost(folder)
