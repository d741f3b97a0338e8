"""Without the token, or from elsewhere, nothing but 401 and 403."""

import subprocess
import sys
import time
import urllib.parse

from library import expect
from training import Training

PATHS = [
    ("GET", "/"), ("GET", "/page.js"), ("GET", "/page.css"), ("GET", "/state"), ("GET", "/none"), ("POST", "/pause"),
    ("POST", "/resume"), ("POST", "/stop"), ("POST", "/save"), ("PUT", "/state"), ("DELETE", "/"), ("OPTIONS", "/"),
    ("HEAD", "/"), ("GET", "//state"), ("GET", "/../state"), ("GET", "/%73tate"), ("GET", "/state?token=0"),
]


def refused(training, headers, status, why):
    for method, path in PATHS:
        found = training.request(method, path, headers)
        expect(found[0] == status, f"{why}: {method} {path} gave {found[0]}, not {status}")
        expect(b"snapshot" not in found[2], f"{why}: {method} {path} told of the run")


def check_loopback(folder):
    with Training(folder) as training:
        for host in ("evil.example", f"evil.example:{training.port}", f"127.0.0.1.evil.example:{training.port}"):
            refused(training, {"Host": host}, 403, f"Host {host}")
        for origin in ("http://evil.example", "null", f"http://localhost:{training.port + 1}"):
            refused(training, {"Origin": origin}, 403, f"Origin {origin}")
        for path in ("/", "/page.js", "/page.css", "/charts.js", "/state"):
            status, headers, _ = training.request("GET", path)
            expect(status == 200, f"{path}: {status}")
            expect("default-src 'none'" in headers["Content-Security-Policy"], f"{path}: no content policy")
        expect(training.request("GET", "/none")[0] == 404 and training.request("POST", "/none")[0] == 404, "no 404")
        # The refused wishes to stop and to pause have changed nothing.
        before = training.state()["snapshot"]["steps"]
        time.sleep(1)
        expect(training.state()["snapshot"]["steps"] > before, "the run stands still")


def check_token(folder):
    with Training(folder, "0.0.0.0:0") as training:
        own = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
        shown = urllib.parse.urlsplit(training.url).hostname
        expect(shown in own if own else shown == "127.0.0.1", f"{shown} is no address of this machine ({own})")
        expect(training.request("GET", "/page.js", {}, host=shown)[0] == 401, f"nobody answers at {shown}")
        expect(training.token and len(training.token) == 32, f"no token in {training.url}")
        refused(training, {}, 401, "no token")
        wrong = training.token[:-1] + ("0" if training.token[-1] != "0" else "1")
        refused(training, {"Authorization": f"Bearer {wrong}"}, 401, "a wrong token")
        refused(training, {"Cookie": f"avg-vision-{training.token[:8]}={wrong}"}, 401, "a wrong cookie")
        right = {"Authorization": f"Bearer {training.token}"}
        refused(training, {**right, "Origin": "http://evil.example"}, 403, "a foreign Origin with the token")
        refused(training, {**right, "Host": "evil.example"}, 403, "a foreign Host with the token")
        expect(training.request("GET", "/state", right)[0] == 200, "the token was not taken")
        status, headers, _ = training.request("GET", f"/?token={training.token}")
        expect(status == 303 and headers["Location"] == "/", f"the address with the token: {status}")
        cookie = headers["Set-Cookie"]
        expect("HttpOnly" in cookie and "SameSite=Strict" in cookie, f"cookie: {cookie}")
        expect(training.request("GET", "/state", {"Cookie": cookie.split(";")[0]})[0] == 200, "the cookie fails")


check_loopback(sys.argv[1])
check_token(sys.argv[1])
print(f"check-dashboard: {len(PATHS)} requests from elsewhere or without the token: nothing but 401 and 403")
