"""Opens the page in headless Chromium, through Debian's chromedriver, and uses it as a person would."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from library import expect, fail
from training import Training

PHONE, DESK = (390, 844), (1400, 1000)


class Browser:
    """A session of chromedriver (WebDriver over HTTP)."""

    def __init__(self):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                break
        else:
            fail("chromedriver does not start")
        self.base = f"http://127.0.0.1:{found.group(1)}/session"
        arguments = ["--headless=new", "--disable-gpu", f"--user-data-dir={tempfile.mkdtemp()}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        capabilities = {
            "browserName": "chrome", "goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        session = self._call("POST", "", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
        self.base += "/" + session

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.load(response)["value"]

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def run(self, script):
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def devtools(self, command, **parameters):
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def click(self, name):
        element = self._call("POST", "/element", {"using": "css selector", "value": name})
        self._call("POST", f"/element/{next(iter(element.values()))}/click", {})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", "/screenshot")))

    def complaints(self):
        return self._call("POST", "/se/log", {"type": "browser"})

    def close(self):
        try:
            self._call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def text(browser, name):
    return browser.run(f"const e = document.querySelector('{name}'); return e ? e.textContent : ''")


def await_truth(question, what, patience=60):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if question():
            return
        time.sleep(0.1)
    fail(f"{what}: not within {patience} s")


def view(browser):
    return browser.run("return document.getElementById('view').toDataURL()")


def steps(browser):
    return int(re.match(r"[\d,]+", text(browser, "#number-steps")).group().replace(",", ""))


def await_change(read, what):
    first = read()
    await_truth(lambda: read() != first, what)


def check_values(browser):
    await_truth(lambda: text(browser, "#status") == "running", "the state 'running'")
    await_truth(lambda: text(browser, "#number-steps") != "", "values")
    await_change(lambda: view(browser), "the camera view does not move")
    for name in ("steps", "rate", "processor", "error", "scale", "policy-entropy", "value"):
        await_change(lambda: text(browser, f"#number-{name}"), f"{name} does not change")
    frames = browser.run("return document.querySelectorAll('#stack canvas').length")
    expect(frames == 3, f"{frames} stacked frames")
    await_change(lambda: text(browser, "#actions .bar span:last-child"), "the actions do not change")
    stages = browser.run("return [...document.querySelectorAll('.stage b')].map((e) => e.textContent)")
    expect({"act", "learn"} <= set(stages), f"latencies: {stages}")
    await_truth(lambda: text(browser, "#waiting") and browser.run(
        "return getComputedStyle(document.getElementById('waiting')).display") == "none", "the first image is still waited for")
    for chart in ("success-rate", "returns", "lengths", "errors", "entropy", "above"):
        await_truth(
            lambda: browser.run(
                f"const c = document.getElementById('{chart}');"
                "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)"),
            f"the chart {chart} is empty")


def check_recall(browser, training):
    """What was before the page is on it: from the folder."""
    await_truth(lambda: "earlier episodes" in text(browser, "#events"), "the earlier episodes")
    first = training.state()["episodes"]["entries"][0]["step"]
    expect(first < 3000, f"the first episode that the page knows ended at step {first}")
    labels = browser.run("return history.episodes[0].step")
    expect(labels < 3000, f"the first episode that is drawn ended at step {labels}")


def check_wishes(browser):
    browser.click("#pause")
    await_truth(lambda: text(browser, "#status") == "paused", "the state 'paused'")
    time.sleep(1)
    still, picture = steps(browser), view(browser)
    time.sleep(2)
    expect(steps(browser) == still and view(browser) == picture, "a paused run goes on")
    # In the picture of a run that stands still, nothing else can change.
    browser.click("#show-points")
    expect(view(browser) != picture, "no image points are drawn")
    browser.click("#show-points")
    browser.click("#pause")
    await_truth(lambda: steps(browser) > still, "a resumed run stands still")
    browser.click("#save")
    await_truth(lambda: "checkpoint kept at step" in text(browser, "#events"), "a checkpoint")


def check_widths(browser, pictures):
    for name, (width, height) in (("phone", PHONE), ("desk", DESK)):
        for scheme in ("light", "dark"):
            browser.devtools(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                mobile=name == "phone")
            browser.devtools(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            time.sleep(1)
            excess = browser.run("return document.documentElement.scrollWidth - window.innerWidth")
            expect(excess <= 0, f"{name}: the page is {excess} pixels too wide")
            ground = browser.run("return getComputedStyle(document.body).backgroundColor")
            brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
            expect((brightness > 128) == (scheme == "light"), f"{scheme}: the background is {ground}")
            browser.screenshot(os.path.join(pictures, f"dashboard-{name}-{scheme}.png"))


def check_offline(browser):
    hosts = browser.run(
        "return [...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name)))]"
        ".filter((u) => u.protocol !== 'data:').map((u) => u.host)")
    own = browser.run("return location.host")
    expect(set(hosts) == {own}, f"the page asked {hosts}")
    complaints = [entry["message"] for entry in browser.complaints()]
    expect(not complaints, f"the browser complains: {complaints}")


def check_stop(browser, training):
    # At once: the question is withdrawn after a while, and a busy machine is slow.
    question = browser.run(
        "const stop = document.getElementById('stop'); stop.click();"
        "const question = stop.textContent; stop.click(); return question")
    expect("Really" in question, "stopping is not asked about")
    try:
        status = training.process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        fail("the run does not stop")
    expect(status == 0, f"the stopped run ended with {status}")
    expect(os.path.exists(training.run + "/checkpoint.safetensors"), "the stopped run left no checkpoint")
    await_truth(lambda: text(browser, "#status").startswith(("ended", "lost")), "the end of the run")


def main():
    folder, pictures = sys.argv[1:]
    os.makedirs(pictures, exist_ok=True)
    browser = Browser()
    try:
        # By the token, as from another computer; a run that goes on, so that there is something to recall.
        with Training(folder, None, steps=3000) as earlier:
            expect(earlier.process.wait(timeout=120) == 0, "the earlier run failed")
        with Training(folder, "0.0.0.0:0", resume=earlier.run) as training:
            browser.open(training.url)
            expect("token" not in browser.run("return location.href"), "the token stays in the address")
            check_recall(browser, training)
            check_values(browser)
            check_wishes(browser)
            check_widths(browser, pictures)
            check_offline(browser)
            check_stop(browser, training)
    finally:
        browser.close()
    print(
        "check-dashboard: in Chromium the view moves, values change, pause, resume, save and stop work, light and dark, "
        "at 390 and 1400 pixels")


main()
