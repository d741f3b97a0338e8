"""50 clients, of which 10 stall, while training: what a step costs the thread that acts and learns."""

import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

from training import Training, expect

CLIENTS, STALLED = 50, 10
ROUNDS, PHASE_SECONDS = 8, 4.0
LARGEST_EXCESS = 0.02
LARGEST_COST = 0.01


def request(port, path="/state"):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\n\r\n".encode()


def poll(port, ended, answers):
    """A client that asks as the page does."""
    while not ended.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                while not ended.is_set():
                    connection.sendall(request(port))
                    head, body = b"", b""
                    while b"\r\n\r\n" not in head:
                        head += connection.recv(65536) or fail_connection()
                    head, _, body = head.partition(b"\r\n\r\n")
                    length = int(head.lower().split(b"content-length:")[1].split()[0])
                    while len(body) < length:
                        body += connection.recv(65536) or fail_connection()
                    answers.append(1)
                    ended.wait(0.15)
        except OSError:
            ended.wait(0.2)


def fail_connection():
    raise OSError("closed")


def stall(port, ended, number):
    """A client that asks for much and reads nothing, or never ends its request."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.connect(("127.0.0.1", port))
    connection.setblocking(False)
    try:
        connection.sendall(request(port) * 40 if number % 2 else b"GET /state HTTP/1.1\r\nHost: 12")
    except OSError:
        pass
    ended.wait()
    connection.close()


def clients(port):
    """Runs until it is killed; in a process of its own, at the lowest priority: they stand for other computers."""
    os.nice(19)
    ended, answers = threading.Event(), []
    for number in range(CLIENTS):
        target, arguments = (stall, (port, ended, number)) if number < STALLED else (poll, (port, ended, answers))
        threading.Thread(target=target, args=arguments, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while not ended.is_set():
        time.sleep(0.05)
    print(len(answers))


def measure(training):
    """Processor time and time of day of a step, over a phase."""
    def reading():
        return training.state()["snapshot"]["steps"], training.processor_seconds(), time.monotonic()

    before = reading()
    time.sleep(PHASE_SECONDS)
    after = reading()
    steps = after[0] - before[0]
    return (after[1] - before[1]) / steps, (after[2] - before[2]) / steps


def crowd(training):
    command = [sys.executable, __file__, "clients", str(training.port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check_clients(folder):
    ratios, clock_ratios, answers = [], [], 0
    with Training(folder, "0", 100_000_000) as training:
        time.sleep(3)
        for _ in range(ROUNDS):
            alone = measure(training)
            others = crowd(training)
            time.sleep(1)
            watched = measure(training)
            others.terminate()
            answers += int(others.communicate()[0])
            ratios.append(watched[0] / alone[0])
            clock_ratios.append(watched[1] / alone[1])
        # It still answers.
        training.state()
    expect(answers > 100, f"the clients got {answers} answers")
    ratio = statistics.median(ratios)
    expect(ratio <= 1 + LARGEST_EXCESS, f"with {CLIENTS} clients a step costs {ratio:.3f} times as much")
    print(
        f"check-dashboard: {CLIENTS} clients, {STALLED} of them stalled, {answers} answers: a step costs {ratio:.3f} times "
        f"the processor time of none (by the clock, on this machine that the clients share, "
        f"{statistics.median(clock_ratios):.3f})")


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
    ratios = []
    for _ in range(ROUNDS):
        without = cost_of_run(folder, None, 12_000)
        ratios.append(cost_of_run(folder, "0", 12_000) / without)
    ratio = statistics.median(ratios)
    expect(ratio <= 1 + LARGEST_COST, f"with the dashboard a training costs {ratio:.3f} times as much")
    print(f"check-dashboard: with the dashboard a training costs {ratio:.3f} times the processor time of one without")


def check_flood(folder):
    """More connections than the server may have: the run goes on, and the page comes back."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with Training(folder) as training:
        connections = []
        for _ in range(700):
            connection = socket.socket()
            connection.settimeout(0.5)
            try:
                connection.connect(("127.0.0.1", training.port))
                connection.sendall(b"X" * 4000)
            except OSError:
                pass
            connections.append(connection)
        time.sleep(2)
        expect(training.process.poll() is None, "a flood of connections ended the run")
        for connection in connections:
            connection.close()
        deadline = time.monotonic() + 20
        while True:
            try:
                training.state()
                break
            except (OSError, ValueError) as error:
                expect(time.monotonic() < deadline, f"after a flood of connections: {error}")
                time.sleep(0.5)
    print("check-dashboard: 700 connections at once: the run goes on and the page comes back")


if sys.argv[1] == "clients":
    clients(int(sys.argv[2]))
else:
    check_flood(sys.argv[1])
    check_clients(sys.argv[1])
    check_cost(sys.argv[1])
