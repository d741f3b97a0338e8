#!/bin/sh
# In the guest: kinds of drivers other than a webcam's. Their order makes the nodes of vimc the first ones.
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh

# A camera behind the media controller (vimc), and one of a multi-planar driver.
insmod /app/modules/vimc.ko
wait_for -e /dev/video2
modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0 multiplanar=2
pipeline=/dev/$(video_node 'RGB/YUV Capture')
camera=/dev/$(video_node vid-cap)
limit=60 record doctor avg-vision doctor
refuse_camera pipeline "$pipeline"
still_bars "$camera" test_pattern=0,y_cbcr_encoding=1,quantization=1
for format in YUYV NV12 RGB3; do
  # shellcheck disable=SC2086
  run_camera multiplanar-$format "$camera" 5 $quick --set camera.format=$format
done
# shellcheck disable=SC2086
limit=60 record auto avg-vision --camera auto --steps 5 $quick --set training.lateSteps=learn --output /tmp/run-auto
echo "$camera" >/out/auto/device
# The same pipeline set up, as its driver's page has it: the raw end, which hangs on the same sensor, too. The capturing
# end is left in the size that fits; it offers others, at which nothing would stream.
for entity in Sensor Debayer; do media-ctl -d platform:vimc -V "\"$entity A\":0[fmt:SBGGR8_1X8/640x480]"; done
v4l2-ctl -d "/dev/$(video_node 'Raw Capture 0')" -v pixelformat=BA81
v4l2-ctl -d "$pipeline" -v width=640,height=480,pixelformat=RGB3
# shellcheck disable=SC2086
run_camera pipeline-set-up "$pipeline" 5 $quick
rmmod vimc
rmmod vivid

# The inputs of a capture card: television and S-video, in two fields an image, and HDMI, whose timings fix the rate.
modprobe vivid n_devs=1 node_types=0x1 num_inputs=3 input_types=0x39
camera=/dev/$(video_node vid-cap)
still_bars "$camera" test_pattern=0,y_cbcr_encoding=1,quantization=1
for input in television s-video hdmi; do
  case $input in television) number=0 ;; s-video) number=1 ;; hdmi) number=2 ;; esac
  v4l2-ctl -d "$camera" --set-input "$number" >/dev/null
  # shellcheck disable=SC2086
  run_camera $input "$camera" 5 $quick --set camera.format=YUYV
done
rmmod vivid

# A device that another program is to write to.
insmod /app/modules/v4l2loopback.ko exclusive_caps=1 video_nr=7 card_label=loop
refuse_camera no-writer /dev/video7

# Its writer ends, and one comes back after the program has looked for it, first in another size, then in the first.
start_writer() {
  # shellcheck disable=SC2086
  loop-writer /dev/video7 $1 >/tmp/writer-size 2>>/out/writer &
  echo $! >/tmp/writer
  wait_for -s /sys/class/video4linux/video7/format
}
# said WORDS NUMBER: waits until the program has said that so often, at most a minute.
said() {
  attempts=0
  until [ "$(grep -c "$1" /out/writer-restarts/stderr 2>/dev/null || true)" -ge "$2" ] 2>/dev/null || [ $attempts -ge 600 ]; do
    sleep 0.1
    attempts=$((attempts + 1))
  done
}
restart_writers() {
  said 'camera /dev/video7: YUYV' 1
  number=0
  for size in '320 180' '640 360'; do
    number=$((number + 1))
    sleep 4
    kill "$(cat /tmp/writer)"
    said 'waiting for it' $number
    sleep 3
    start_writer "$size"
    said 'back after' $number
  done
}
start_writer '640 360'
restart_writers &
# shellcheck disable=SC2086
limit=150 record writer-restarts avg-vision --camera /dev/video7 --steps 400 $quick \
  --set training.lateSteps=learn --output /tmp/run-writer-restarts
kill "$(cat /tmp/writer)"
wait
