#!/usr/bin/env bash
# PyAV 18.1.0 (NumPy 2.4.6), Python 3.11.
#
# A frame has a time of its own, pts times time_base, and Matroska and MP4 hold frames of any spacing. But the encoder counts
# in whole periods of the rate= that add_stream was given: a camera that slows down in the dark, or whose frames jitter, is
# moved by up to half a period, 17 ms at 30 frames a second, against the actions beside it; two frames within one period get
# the same time. Nothing is raised. Setting the stream's time_base, the obvious remedy, is accepted and changes nothing; the
# codec context's has to be set.
#
# Output seen (a frame each 45 ms, rate=30, Matroska; milliseconds):
#   as given: 0 45 90 135 180 225 270
#   read back: 0 33 100 133 167 233 267
#   with stream.time_base = 1/1000: 0 33 100 133 167 233 267
#   with stream.codec_context.time_base = 1/1000: 0 45 90 135 180 225 270
# Source: https://github.com/PyAV-Org/PyAV/issues/1959
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - "$folder/video.mkv" <<'P'
import sys
from fractions import Fraction

import av
import numpy

MILLISECOND = Fraction(1, 1000)
GIVEN = list(range(0, 300, 45))


def read_back(change):
    with av.open(sys.argv[1], "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        change(stream)
        for time in GIVEN:
            frame = av.VideoFrame.from_ndarray(numpy.full((90, 160, 3), time % 256, numpy.uint8), format="rgb24")
            frame.pts, frame.time_base = time, MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(sys.argv[1]) as container:
        return [round(1000 * frame.time) for frame in container.decode(video=0)]


def nothing(stream):
    pass


def of_stream(stream):
    stream.time_base = MILLISECOND


def of_codec(stream):
    stream.codec_context.time_base = MILLISECOND


print("as given:", *GIVEN)
seen = []
for name, change in (
    ("read back", nothing),
    ("with stream.time_base = 1/1000", of_stream),
    ("with stream.codec_context.time_base = 1/1000", of_codec),
):
    seen.append(read_back(change))
    print(f"{name}:", *seen[-1])
rounded = [0, 33, 100, 133, 167, 233, 267]
sys.exit(seen != [rounded, rounded, GIVEN])
P
