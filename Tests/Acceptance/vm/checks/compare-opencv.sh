#!/bin/sh
# In the guest: this program and OpenCV on the same camera, one after the other. Prints a row of the table for each.
# usage: compare-opencv.sh FRAMES
frames=$1

measure_opencv() {
  LD_LIBRARY_PATH=/app/opencv/libraries PYTHONHOME=/app/opencv \
    PYTHONPATH=/app/opencv/lib/python3/dist-packages python3.11 /app/opencv-loop.py "$@"
}
PATH=$PATH:/app/opencv/bin

avg-vision --camera /dev/video0 --no-learn --steps "$frames" --config /app/checks/quick.yaml \
  --output /tmp/run >/tmp/report || exit 1
awk '
  /^capture age/ { age = $4 ", " $6 ", " $8 }
  /^processor/ { processor = $2 }
  /^missed/ { missed = $2; stale = $5 }
  END { printf "row | avg-vision | %s ms | %s ms | %s | %s |\n", age, processor, missed, stale }' /tmp/report
cat /tmp/report >&2

measure_opencv /dev/video0 "$frames" "OpenCV" &&
  measure_opencv /dev/video0 "$frames" "OpenCV, 1 buffer" --one-buffer &&
  measure_opencv /dev/video0 "$frames" "OpenCV, thread" --thread
