# Sourced by the checks inside the guest. They only act and record; the host judges what lies in /out.
# shellcheck shell=sh

# record NAME COMMAND...: leaves the command's output, errors and exit status in /out/NAME. A command that hangs is
# ended, with status 143.
record() {
  name=$1; shift
  mkdir -p "/out/$name"
  echo "$*" >"/out/$name/command"
  timeout "${limit:-20}" "$@" >"/out/$name/stdout" 2>"/out/$name/stderr"
  echo $? >"/out/$name/status"
}

# run_camera NAME DEVICE STEPS [ARGUMENT...]: the program with a camera that works, its frames, and the format that the
# driver was left with. The emulated processor does not keep the cycle: late steps are learned from too.
run_camera() {
  name=$1 device=$2 steps=$3; shift 3
  mkdir -p "/out/$name/frames"
  limit=150 record "$name" avg-vision --camera "$device" --steps "$steps" --save-frames "/out/$name/frames" \
    --set training.lateSteps=learn --output "/tmp/run-$name" "$@"
  v4l2-ctl -d "$device" --get-fmt-video >"/out/$name/format" 2>&1
}

# refuse_camera NAME DEVICE [ARGUMENT...]: the program with a camera that it must refuse.
refuse_camera() {
  name=$1 device=$2; shift 2
  record "$name" avg-vision --camera "$device" --steps 5 --output "/tmp/run-$name" "$@"
  echo "$device" >"/out/$name/device"
}

# Options of a run that is not about learning, with more patience with the age of images than a robot would have: the
# emulated machine is slow.
# shellcheck disable=SC2034
quick="--config /app/checks/quick.yaml --set camera.maximumFrameAgeCycles=20"

# wait_until SECONDS COMMAND...: until the command succeeds; whether it did in time.
wait_until() {
  attempts=$(($1 * 50)); shift
  until "$@"; do
    [ $attempts -gt 0 ] || return 1
    sleep 0.02
    attempts=$((attempts - 1))
  done
}

# wait_for TEST...: until test(1) holds, at most 10 s.
wait_for() { wait_until 10 test "$@"; }

# still_bars DEVICE [CONTROL=VALUE,...]: plain bars of vivid's, no text over them, nothing that moves (the latter is the
# default, but it is what the checks rest on).
still_bars() { v4l2-ctl -d "$1" -c "osd_text_mode=2,horizontal_movement=3,vertical_movement=3${2:+,$2}"; }

# plug_in ARGUMENT...: starts the software USB camera, which becomes /dev/video0 (pictures) and /dev/video1 (metadata).
plug_in() {
  software-usb-camera "$@" 2>/tmp/camera &
  usb_camera=$!
  wait_for -c /dev/video0
  wait_for -c /dev/video1
}

# pull_out [NAME]: ends the camera, and leaves what it said in /out/NAME/camera. A new one plugged in before the kernel
# has put the old one away would be taken for it.
pull_out() {
  kill "$usb_camera"
  wait "$usb_camera" 2>/dev/null
  [ $# = 0 ] || cp /tmp/camera "/out/$1/camera"
  for node in /dev/video*; do wait_for ! -e "$node"; done
}

# keep_busy DEVICE: another program streams from the camera from now on.
keep_busy() {
  v4l2-ctl -d "$1" --stream-mmap --stream-count=100000 >/tmp/stream 2>&1 &
  streamer=$!
  wait_for -s /tmp/stream
}

# end_busy NAME...: whether that program did stream to the end is evidence too: without it nothing was busy.
end_busy() {
  shown=$(wc -c </tmp/stream)
  if wait_until 10 has_grown && kill -0 "$streamer" 2>/dev/null; then
    for name in "$@"; do echo streaming >"/out/$name/holder"; done
  fi
  kill "$streamer" 2>/dev/null
  wait "$streamer" 2>/dev/null
}

has_grown() { [ "$(wc -c </tmp/stream)" -gt "$shown" ]; }

# video_node PATTERN: the device whose driver's name for it matches.
video_node() { grep -l "$1" /sys/class/video4linux/*/name | head -n 1 | cut -d/ -f5; }
