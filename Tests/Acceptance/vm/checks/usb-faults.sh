#!/bin/sh
# In the guest: uvcvideo over the software USB camera, which misbehaves in every way it can.
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh

quick="$quick --set task.controlPeriodSeconds=0.03"

uptime_milliseconds() {
  read -r uptime _ </proc/uptime
  echo "${uptime%.*}${uptime#*.}0"
}

# run_faulty NAME STEPS [ARGUMENT...]: the program; /out/NAME/stamped has the uptime before each line of its errors.
run_faulty() {
  name=$1 steps=$2; shift 2
  mkdir -p "/out/$name"
  mkfifo "/tmp/errors-$name"
  while read -r line; do echo "$(uptime_milliseconds) $line"; done <"/tmp/errors-$name" >"/out/$name/stamped" &
  stamper=$!
  # shellcheck disable=SC2086,SC2016
  limit=60 record "$name" sh -c 'errors=$1; shift; exec "$@" 2>"$errors"' sh "/tmp/errors-$name" \
    avg-vision --camera /dev/video0 --steps "$steps" $quick --set training.lateSteps=learn "$@" --output "/tmp/run-$name"
  wait "$stamper"
  cut -d' ' -f2- <"/out/$name/stamped" >"/out/$name/stderr"
  test -s "/tmp/run-$name/checkpoint.safetensors" && echo saved >"/out/$name/checkpoint"
}

# Every 10th frame is damaged. At 15 frames a second the program, slow as it is here, looks at every frame.
for fault in cut junk lost err; do
  plug_in -x $fault=10 /app/pictures
  run_faulty $fault 60 --no-learn --set camera.framesPerSecond=15
  pull_out $fault
done
# The same at a rate at which frames go back unread, for what shows without decoding.
plug_in -x cut=10 /app/pictures
run_faulty cut-unread 60 --no-learn --set task.controlPeriodSeconds=0.09 --set camera.maximumFrameAgeCycles=7
pull_out cut-unread

# No data from the 60th frame of each stream on.
plug_in -x stall=60 /app/pictures
run_faulty stall 90
pull_out stall

# at_work NAME: until the program NAME has the camera and has used it for a while.
at_work() {
  wait_for -e "/out/$1/stamped"
  until grep -q MJPG "/out/$1/stamped"; do sleep 0.1; done
  sleep 4
}

# The plug is pulled and put back while the program runs.
plug_in /app/pictures
( at_work replug; kill -USR1 "$usb_camera"; wait_for ! -e /dev/video0; sleep 1
  kill -USR2 "$usb_camera"; wait_for -c /dev/video0; uptime_milliseconds >/tmp/returned ) &
run_faulty replug 200
cp /tmp/returned /out/replug/returned
pull_out replug

# The plug is pulled for good.
plug_in -x gone=60 /app/pictures
run_faulty gone 200 --set camera.searchSeconds=3
pull_out gone

# Pulled and put back while another program holds the old device, so that the camera comes back under another number.
plug_in /app/pictures
exec 9<>/dev/video0
( exec 9>&-; at_work renumbered; kill -USR1 "$usb_camera"; sleep 2; before=$(ls /dev); kill -USR2 "$usb_camera"
  until [ "$(ls /dev)" != "$before" ]; do sleep 0.02; done; uptime_milliseconds >/tmp/returned ) &
run_faulty renumbered 200
cp /tmp/returned /out/renumbered/returned
ls /dev/video* >/out/renumbered/devices
exec 9>&-
pull_out renumbered
