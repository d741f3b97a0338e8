#!/usr/bin/env bash
# OpenCV 5.0.0.93 headless, pupil-apriltags 1.0.4.post11, moms-apriltag 2023.1.15 (NumPy 2.4.6), Python 3.11.
#
# Both libraries find the same tag. AprilTag counts pixels from the corner of the first, OpenCV from its centre: its tag is
# half a pixel further right and down, 4 mm at a metre with 160 pixels over 60 degrees. OpenCV's own CORNER_REFINE_APRILTAG
# gives AprilTag's coordinates, which calibrateCamera and solvePnP of the same library do not mean: a setting that is to make
# corners more exact moves every tag, always the same way, so that it does not average out. And the tags of OpenCV's AprilTag
# dictionaries stand on their heads: whoever changes the detector, or prints with the other library, drives backwards.
#
# Output seen (tag 5 of 36h11, 96 pixels wide, its centre at 159.5, 119.5 where pixel centres are whole numbers):
#   AprilTag: centre 159.9, 119.9; up is up
#   OpenCV, CORNER_REFINE_NONE: centre 159.5, 119.5; up is down
#   OpenCV, CORNER_REFINE_SUBPIX: centre 159.5, 119.5; up is down
#   OpenCV, CORNER_REFINE_CONTOUR: centre 159.5, 119.5; up is down
#   OpenCV, CORNER_REFINE_APRILTAG: centre 160.0, 120.0; up is down
# Source: https://github.com/opencv/opencv-python/issues/1195 (up and down)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q opencv-python-headless==5.0.0.93 pupil-apriltags==1.0.4.post11 numpy==2.4.6
"$folder/venv/bin/pip" install -q --no-deps moms-apriltag==2023.1.15 # it would bring another OpenCV
"$folder/venv/bin/python" - <<'P'
import sys

import cv2
import numpy
from moms_apriltag import TagGenerator2
from pupil_apriltags import Detector

LEFT, TOP, SCALE, NUMBER = 112, 72, 12, 5
tag = numpy.asarray(TagGenerator2("tag36h11").generate(NUMBER))
tag = numpy.kron((tag > 0).astype(numpy.uint8) * 255, numpy.ones((SCALE, SCALE), numpy.uint8))
image = numpy.full((240, 320), 255, numpy.uint8)
image[TOP : TOP + len(tag), LEFT : LEFT + len(tag)] = tag
image = cv2.GaussianBlur(image, (0, 0), 0.8)  # a lens


def place(bottom_left, top_left, centre):
    """Where the tag is, and where in the picture its upper edge points."""
    return round(float(centre[0]), 1), round(float(centre[1]), 1), "up" if top_left[1] < bottom_left[1] else "down"


[detection] = Detector("tag36h11", quad_decimate=1.0).detect(image)
bottom_left, _, _, top_left = detection.corners  # anticlockwise
places = {"AprilTag": place(bottom_left, top_left, detection.center)}
dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
for method in ("NONE", "SUBPIX", "CONTOUR", "APRILTAG"):
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = getattr(cv2.aruco, f"CORNER_REFINE_{method}")
    [[corners]], numbers, _ = cv2.aruco.ArucoDetector(dictionary, parameters).detectMarkers(image)
    assert numbers.item() == detection.tag_id == NUMBER
    top_left, _, _, bottom_left = corners  # clockwise
    places[f"OpenCV, CORNER_REFINE_{method}"] = place(bottom_left, top_left, corners.mean(0))
for name, (x, y, up) in places.items():
    print(f"{name}: centre {x}, {y}; up is {up}")
april, *opencv, refined = places.values()
sys.exit((april, set(opencv), refined) != ((159.9, 119.9, "up"), {(159.5, 119.5, "down")}, (160, 120, "down")))
P
