#!/usr/bin/env bash
# rliable 1.2.0 (arch 7.2.0, SciPy 1.17.1, NumPy 2.4.6), Python 3.11.
#
# aggregate_iqm is recommended for few runs because it leaves out a quarter of the scores at either end. That quarter is
# rounded down to whole scores. Of three runs of one task, the usual number on a robot, it leaves out none: what is published
# as an interquartile mean is the plain mean, carried by one lucky run. Of seven it leaves out one at each end, not 1.75.
# Nothing warns; with many tasks the scores are pooled, and it does not show.
#
# Output seen:
#   0, 1, 100: aggregate_iqm 33.7, interquartile mean 17.3, mean 33.7, median 1.0
#   0, 1, 2, 100: aggregate_iqm 1.5, interquartile mean 1.5, mean 25.8, median 1.5
#   0, 1, 2, 3, 4, 60, 100: aggregate_iqm 14.0, interquartile mean 6.9, mean 24.3, median 3.0
# Source: https://github.com/google-research/rliable/blob/master/rliable/metrics.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q rliable==1.2.0 arch==7.2.0 scipy==1.17.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'P'
import sys

import numpy
from rliable import metrics


def interquartile_mean(scores):
    """The mean of the middle half, where a score may be in it in part."""
    ends = numpy.arange(len(scores) + 1)
    quarter = len(scores) / 4
    weights = numpy.diff(numpy.clip(ends, quarter, len(scores) - quarter))
    return numpy.average(numpy.sort(scores), weights=weights)


seen = []
for scores in ([0, 1, 100], [0, 1, 2, 100], [0, 1, 2, 3, 4, 60, 100]):
    given = metrics.aggregate_iqm(numpy.array(scores, float)[:, None])  # runs × tasks
    print(
        f"{', '.join(map(str, scores))}: aggregate_iqm {given:.1f}, interquartile mean {interquartile_mean(scores):.1f},",
        f"mean {numpy.mean(scores):.1f}, median {numpy.median(scores):.1f}",
    )
    seen.append(round(float(given), 1))
sys.exit(seen != [33.7, 1.5, 14.0])
P
