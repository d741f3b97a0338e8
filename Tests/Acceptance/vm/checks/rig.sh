#!/bin/sh
# In the guest: the program learns Create-Reacher through the kernel's camera driver and on an emulated Create 2, whose
# view the software USB camera shows; then the plug is pulled, and the camera stalls.
#   rig.sh STEPS [OPTION...]
# shellcheck shell=sh source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh
steps=$1; shift

avg-vision emulator /tmp/create2 --view /tmp/view --control /tmp/faults --log /out/robot.log --seed 1 2>/out/emulator &
emulator=$!
wait_for -S /tmp/view

# is_driven FROM: whether the robot's log tells of wheels that turn, behind its first FROM lines.
is_driven() {
  tail -n "+$(($1 + 1))" /out/robot.log | awk '$2 == "wheels" { turns = $3 || $4 } END { exit !turns }'
}

# strike NAME COMMAND...: the program drives; then something happens, and in the end the program is ended.
strike() {
  name=$1; shift
  before=$(wc -l </out/robot.log)
  avg-vision --camera /dev/video0 --robot /tmp/create2 --start-from /app/start --no-learn --output "/tmp/run-$name" \
    >"/out/$name" 2>&1 &
  learner=$!
  wait_until 30 is_driven "$before"
  echo "mark strike $name" >/tmp/faults
  "$@"
  sleep 2
  echo "mark end $name" >/tmp/faults
  # Stopped, the camera would not even let the driver take its requests back.
  kill -CONT "$usb_camera"
  kill -INT $learner
  wait $learner
}

plug_in -l /tmp/view /app/view
mkdir -p /out/rig
{
  avg-vision --camera /dev/video0 --robot /tmp/create2 --start-from /app/start --steps "$steps" \
    --output /out/rig/run "$@" 2>&1 >/out/rig/stdout
  echo $? >/out/rig/status
} | tee /out/rig/stderr >&2
strike stall kill -STOP "$usb_camera"
strike unplug kill -USR1 "$usb_camera"
pull_out rig
kill $emulator
wait $emulator
