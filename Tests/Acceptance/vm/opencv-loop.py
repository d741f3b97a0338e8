"""Reads a camera with OpenCV on a control cycle of 45 ms; run in the guest by checks/compare-opencv.sh.

usage: opencv-loop.py DEVICE FRAMES NAME [--one-buffer | --thread]
"""

import sys
import threading
import time

import cv2

PERIOD = 0.045


class DirectReader:
    """Reads when it is asked."""

    def __init__(self, capture):
        self.capture = capture

    def read(self):
        """The frame and its capture instant in seconds, on the monotonic clock."""
        ok, image = self.capture.read()
        if not ok:
            sys.exit("opencv-loop: no frame")
        return image, self.capture.get(cv2.CAP_PROP_POS_MSEC) / 1000


class ThreadedReader:
    """Reads all the time and gives the last frame, waiting if it was given before."""

    def __init__(self, capture):
        self.reader = DirectReader(capture)
        self.condition = threading.Condition()
        self.last = None
        self.is_ending = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.is_ending:
            frame = self.reader.read()
            with self.condition:
                self.last = frame
                self.condition.notify()

    def read(self):
        with self.condition:
            self.condition.wait_for(lambda: self.last is not None)
            frame, self.last = self.last, None
            return frame

    def end(self):
        self.is_ending = True
        self.thread.join()


def open_camera(device, one_buffer):
    capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    wanted = [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 640),
        (cv2.CAP_PROP_FRAME_HEIGHT, 360),
        (cv2.CAP_PROP_FPS, 30),
    ]
    if one_buffer:
        wanted.append((cv2.CAP_PROP_BUFFERSIZE, 1))
    for key, value in wanted:
        capture.set(key, value)
        if capture.get(key) != value:
            sys.exit(f"opencv-loop: {device} took {capture.get(key)} instead of {value} for property {key}")
    return capture


def main():
    device, count, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    capture = open_camera(device, "--one-buffer" in sys.argv)
    # The first frame starts the stream.
    DirectReader(capture).read()
    reader = ThreadedReader(capture) if "--thread" in sys.argv else DirectReader(capture)
    ages, missed, repeated, previous = [], 0, 0, None
    used_before = time.process_time()
    deadline = time.monotonic() + PERIOD
    while len(ages) < count:
        late = time.monotonic() - deadline
        if late > 0:
            skipped = int(late / PERIOD) + 1
            missed += skipped
            deadline += skipped * PERIOD
        time.sleep(max(0.0, deadline - time.monotonic()))
        deadline += PERIOD
        image, captured = reader.read()
        small = cv2.cvtColor(cv2.resize(image, (160, 90), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        age = time.monotonic() - captured
        if not 0 < age < 10 or small.shape != (90, 160, 3):
            sys.exit(f"opencv-loop: an age of {age} s: the stamp is of another clock")
        ages.append(1000 * age)
        repeated += captured == previous
        previous = captured
    processor = 1000 * (time.process_time() - used_before) / count
    if isinstance(reader, ThreadedReader):
        reader.end()
    ages.sort()
    p50, p99, longest = ages[(count - 1) // 2], ages[min(count - 1, int(0.99 * count))], ages[-1]
    print(f"row | {name} | {p50:.2f}, {p99:.2f}, {longest:.2f} ms | {processor:.2f} ms | {missed} | {repeated} |")


main()
