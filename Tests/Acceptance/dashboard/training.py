"""A training with a dashboard, started and ended."""

import ctypes
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse

from library import PROGRAM, expect, fail


def end_with_parent():
    """Has the kernel end this process when the one that started it is gone, however that ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Training:
    """`avg-vision train --dashboard ADDRESS`, ended with the block that it is used in."""

    def __init__(self, folder, address="0", steps=1_000_000, resume=None):
        self.folder = tempfile.mkdtemp(dir=folder)
        self.run = resume or os.path.join(self.folder, "run")
        command = [PROGRAM, "train", "--steps", str(steps), "--resume" if resume else "--output", self.run]
        if address is not None:
            command += ["--dashboard", address]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=end_with_parent)
        self.url = self._address() if address is not None else None
        # A full pipe would stop the program.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def _address(self):
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            found = re.match(r"dashboard +(http://\S+)", line)
            if found:
                return found.group(1)
        fail("the program has not said where its dashboard is:\n" + "".join(lines))

    @property
    def port(self):
        return urllib.parse.urlsplit(self.url).port

    @property
    def token(self):
        return urllib.parse.parse_qs(urllib.parse.urlsplit(self.url).query).get("token", [None])[0]

    def request(self, method, path, headers=None, host="127.0.0.1"):
        """The status, headers and body of an answer; `Host` is as given, or the address itself."""
        connection = http.client.HTTPConnection(host, self.port, timeout=10)
        connection.putrequest(method, path, skip_host=bool(headers and "Host" in headers))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), body

    def state(self, query=""):
        headers = {"Authorization": "Bearer " + self.token} if self.token else {}
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            status, _, body = self.request("GET", "/state" + query, headers)
            expect(status == 200, f"/state: {status}")
            state = json.loads(body)
            if state["snapshot"]:
                return state
            time.sleep(0.1)
        fail("the run has not shown itself within 30 s")

    def processor_seconds(self):
        """What the thread that acts and learns has used of a processor, in seconds."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/schedstat") as file:
            return int(file.read().split()[0]) * 1e-9

    def servers(self):
        """The processes that serve the page."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-f", "dashboard-server"], capture_output=True, text=True)
        return found.stdout.split()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                fail("the program did not end within 30 s of being asked to")
