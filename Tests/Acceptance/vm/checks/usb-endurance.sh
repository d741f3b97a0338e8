#!/bin/sh
# In the guest: uvcvideo over the software USB camera, streaming and being opened and closed.
# usage: usb-endurance.sh SECONDS CYCLES
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh
seconds=$1 cycles=$2
mount -t debugfs debugfs /sys/kernel/debug

# Streams of 30 frames a second at the default control cycle of 45 ms. What is looked at is frames, not their age.
plug_in /app/pictures
for stream in MJPG-320x180 MJPG-640x360 MJPG-1280x720 YUYV-320x180 YUYV-640x360; do
  # shellcheck disable=SC2086
  limit=$((3 * seconds + 60)) record "$stream" avg-vision --camera /dev/video0 --no-learn \
    --steps $((seconds * 1000 / 45 + 1)) $quick --set "camera.format=${stream%-*}" --set "camera.size=${stream#*-}" \
    --output "/tmp/run-$stream"
  v4l2-ctl -d /dev/video0 --get-fmt-video >"/out/$stream/format" 2>&1
  cat /sys/kernel/debug/usb/uvcvideo/*/stats >"/out/$stream/driver"
  grep 'stream ended' /tmp/camera | tail -n 1 >"/out/$stream/camera"
done

# Opened and closed over and over, with and without a frame, and in vain while another program has it.
limit=$((cycles + 120)) record cycles avg-vision camera-cycles --camera /dev/video0 --cycles "$cycles"
keep_busy /dev/video0
limit=60 record busy-cycles avg-vision camera-cycles --camera /dev/video0 --cycles 100
end_busy busy-cycles
pull_out cycles
