"""A link between two network namespaces that delays and loses packets, where the kernel has no netem.

    link.py NAMESPACE NAMESPACE MILLISECONDS JITTER LOSS     until it is killed

Each namespace gets an interface "slow0" (10.78.0.1 and 10.78.0.2, /24) whose packets this program carries: each one late by
MILLISECONDS ± JITTER, evenly drawn, never before the one ahead of it, and LOSS of 100 not at all.
"""

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
CLONE_NEWNET = 0x40000000


def interface(namespace, address):
    """The file of a TUN interface in a namespace."""
    subprocess.run(["ip", "netns", "exec", namespace, "ip", "tuntap", "add", "dev", "slow0", "mode", "tun"], check=True)
    subprocess.run(["ip", "-n", namespace, "addr", "add", address, "dev", "slow0"], check=True)
    subprocess.run(["ip", "-n", namespace, "link", "set", "slow0", "up"], check=True)
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(other, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"slow0", IFF_TUN | IFF_NO_PI))
    library.setns(own, CLONE_NEWNET)
    return tun


def main(first, second, delay, jitter, loss):
    ends = [interface(first, "10.78.0.1/24"), interface(second, "10.78.0.2/24")]
    draw = random.Random(1)
    waiting, count, last = [], itertools.count(), [0.0, 0.0]
    print("ready", flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], pause)[0]:
            packet, side = os.read(end, 65536), ends.index(end)
            if draw.random() * 100 < loss:
                continue
            due = time.monotonic() + (delay + draw.uniform(-jitter, jitter)) / 1000
            last[side] = max(last[side], due)
            heapq.heappush(waiting, (last[side], next(count), 1 - side, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, side, packet = heapq.heappop(waiting)
            try:
                os.write(ends[side], packet)
            except OSError:
                pass  # As a full queue does, it loses the packet.


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:]))
