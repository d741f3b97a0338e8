#!/bin/sh
# In the guest: the kernel's uvcvideo driver over the software USB camera.
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh

plug_in /app/pictures
run_camera usb-camera /dev/video0 200
refuse_camera metadata-node /dev/video1

# A look at cameras changes nothing: neither what an idle one is set to, nor the stream of another program.
v4l2-ctl -d /dev/video0 --set-fmt-video=width=320,height=180,pixelformat=YUYV --set-parm=15 >/dev/null
setting() { v4l2-ctl -d /dev/video0 --get-fmt-video --get-parm -C "$controls"; }
controls=auto_exposure,exposure_time_absolute,gain,white_balance_automatic,white_balance_temperature
controls=$controls,focus_automatic_continuous,focus_absolute
mkdir -p /out/doctor
setting >/out/doctor/setting-before 2>&1
limit=60 record doctor avg-vision doctor --set camera.exposure=150 --set camera.framesPerSecond=10
setting >/out/doctor/setting-after 2>&1
limit=60 record doctor-range avg-vision doctor --set camera.exposure=5000
keep_busy /dev/video0
limit=60 record busy-doctor avg-vision doctor
refuse_camera busy-usb-camera /dev/video0
end_busy busy-doctor busy-usb-camera

# Every control that can be fixed, and one value out of range.
# shellcheck disable=SC2086
run_camera controls /dev/video0 5 $quick --set camera.exposure=150 --set camera.gain=77 \
  --set camera.whiteBalance=3000 --set camera.focus=35
setting >/out/controls/values 2>&1
refuse_camera exposure-out-of-range /dev/video0 --set camera.exposure=5000
refuse_camera focus-between-steps /dev/video0 --set camera.focus=36

# So slow that no image would be young enough: said at once.
# shellcheck disable=SC2034
limit=6
record slow avg-vision --camera /dev/video0 --steps 5 --set camera.framesPerSecond=5 --output /tmp/run-slow
unset limit
pull_out controls
refuse_camera unplugged-usb-camera /dev/video0

plug_in /app/pictures-720p
run_camera usb-camera-720p /dev/video0 40
pull_out

plug_in -f grey /app/pictures
run_camera grey-usb-camera /dev/video0 5
pull_out
