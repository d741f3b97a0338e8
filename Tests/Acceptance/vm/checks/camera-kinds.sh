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
record doctor avg-vision doctor
refuse_camera pipeline "$pipeline"
still_bars "$camera" test_pattern=0,y_cbcr_encoding=1,quantization=1
for format in YUYV NV12 RGB3; do
  # shellcheck disable=SC2086
  run_camera multiplanar-$format "$camera" 5 $quick --set camera.format=$format
done
# shellcheck disable=SC2086
limit=60 record auto avg-vision --camera auto --steps 5 $quick --set training.lateSteps=learn --output /tmp/run-auto
echo "$camera" >/out/auto/device
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
