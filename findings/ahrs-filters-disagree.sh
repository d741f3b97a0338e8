#!/usr/bin/env bash
# ahrs 0.4.0 (NumPy 2.4.6, SciPy 1.17.1), Python 3.11.
#
# The package's filters take the same arrays and give quaternions; one would take one in the place of another. Of the same
# standing sensor Mahony tells a heading 90 degrees from Madgwick's, since it puts magnetic north on y instead of x, and its
# documentation names no frame; AQUA gives the opposite rotation, that of the world in the sensor's frame. And a gyroscope
# of exactly zero, as one at rest is in a simulator or behind a dead band, switches accelerometer and magnetometer off:
# Madgwick, Mahony and AQUA return the orientation that they were given, for ever.
#
# Output seen (a level sensor whose x axis is 40 degrees west of north; then one pitched by 30 degrees, begun at 0, after 25 s):
#   Madgwick: heading 40
#   Complementary: heading 40
#   Fourati: heading 40
#   Mahony: heading 130
#   AQUA: heading -40
#   Madgwick: pitch 0 with a gyroscope at 0, 30 at 1e-9 rad/s
#   Mahony: pitch 0 with a gyroscope at 0, 30 at 1e-9 rad/s
# Source: https://github.com/Mayitzin/ahrs/blob/master/ahrs/filters/mahony.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ahrs==0.4.0 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'P'
import sys

import numpy
from ahrs import filters
from scipy.spatial.transform import Rotation

RATE, SAMPLES = 100.0, 2500  # per second; 25 s
# What a sensor at rest feels, in m/s², and a field of the northern hemisphere, in µT; x is north, z is up.
GRAVITY, FIELD = [0, 0, 9.81], [20, 0, -45]


def degrees(quaternion):
    """Heading and pitch of an orientation of the sensor in the world."""
    heading, pitch, _ = Rotation.from_quat(quaternion, scalar_first=True).as_euler("ZYX", degrees=True)
    return round(heading), round(pitch)


def felt(vector, orientation):
    return orientation.inv().apply(vector)


turned = Rotation.from_euler("Z", 40, degrees=True)
gyroscope = numpy.zeros((SAMPLES, 3))
gyroscope[:, 2] = 1e-3 * (-1.0) ** numpy.arange(SAMPLES)  # a little noise, of mean 0
accelerometer = numpy.tile(felt(GRAVITY, turned), (SAMPLES, 1))
magnetometer = numpy.tile(felt(FIELD, turned), (SAMPLES, 1))
headings = []
for name in ("Madgwick", "Complementary", "Fourati", "Mahony", "AQUA"):
    orientations = getattr(filters, name)(gyr=gyroscope, acc=accelerometer, mag=magnetometer, frequency=RATE).Q
    headings.append(degrees(orientations[-1])[0])
    print(f"{name}: heading {headings[-1]}")

pitched = felt(GRAVITY, Rotation.from_euler("Y", 30, degrees=True))
pitches = []
for name in ("Madgwick", "Mahony"):
    for rate in (0.0, 1e-9):
        estimator, orientation = getattr(filters, name)(frequency=RATE), numpy.array([1.0, 0, 0, 0])
        for _ in range(SAMPLES):
            orientation = estimator.updateIMU(orientation, gyr=numpy.array([rate, 0, 0]), acc=pitched)
        pitches.append(degrees(orientation)[1])
    print(f"{name}: pitch {pitches[-2]} with a gyroscope at 0, {pitches[-1]} at 1e-9 rad/s")
sys.exit(headings != [40, 40, 40, 130, -40] or pitches != [0, 30, 0, 30])
P
