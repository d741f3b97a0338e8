#!/bin/sh
# In the guest: uvcvideo over the software USB camera, which misbehaves in every way it can.
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh

# More patience with the age of images than a robot would have: the emulated machine is slow. The cycle is shorter than
# a frame's time, so that few frames go back unread.
quick="--config /app/checks/quick.yaml --set task.controlPeriodSeconds=0.03 --set camera.maximumFrameAgeCycles=20"

# run_faulty NAME STEPS [ARGUMENT...]: the program, with the uptime before each line that it says on standard error.
run_faulty() {
  name=$1 steps=$2; shift 2
  # shellcheck disable=SC2086
  limit=60 record "$name" avg-vision --camera /dev/video0 --steps "$steps" $quick "$@" --output "/tmp/run-$name"
  test -s "/tmp/run-$name/checkpoint.safetensors" && echo saved >"/out/$name/checkpoint"
}

uptime_milliseconds() { awk '{ printf "%d", 1000 * $1 }' /proc/uptime; }

# Every 10th frame is damaged; without learning the machine is fast enough to look at most of them.
for fault in cut junk lost err; do
  plug_in -x $fault=10 /app/pictures
  run_faulty $fault 90 --no-learn
  pull_out
done

# No data from the 60th frame of each stream on.
plug_in -x stall=60 /app/pictures
run_faulty stall 90
pull_out

# The plug is pulled and put back while the program runs.
plug_in /app/pictures
( sleep 4; kill -USR1 "$usb_camera"; wait_for ! -e /dev/video0; gone=$(uptime_milliseconds); sleep 1
  kill -USR2 "$usb_camera"; wait_for -c /dev/video0; echo $(($(uptime_milliseconds) - gone)) >/tmp/away ) &
run_faulty replug 200
cp /tmp/away /out/replug/away
pull_out

# As before, but another program holds the old device, so that the camera comes back under another number.
plug_in /app/pictures
exec 9<>/dev/video0
( exec 9>&-; sleep 4; kill -USR1 "$usb_camera"; sleep 2; kill -USR2 "$usb_camera" ) &
run_faulty renumbered 200
ls /dev/video* >/out/renumbered/devices
exec 9>&-
pull_out

# The plug is pulled for good.
plug_in -x gone=60 /app/pictures
run_faulty gone 200 --set camera.searchSeconds=3
pull_out
