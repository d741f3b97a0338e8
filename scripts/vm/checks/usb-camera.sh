#!/bin/sh
# In the guest: the kernel's uvcvideo driver over the software USB camera.
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh

plug_in /app/pictures
run_camera usb-camera /dev/video0 200
refuse_camera metadata-node /dev/video1
keep_busy /dev/video0
refuse_camera busy-usb-camera /dev/video0
end_busy busy-usb-camera
pull_out
refuse_camera unplugged-usb-camera /dev/video0

plug_in /app/pictures-720p
run_camera usb-camera-720p /dev/video0 40
pull_out

plug_in -f grey /app/pictures
run_camera grey-usb-camera /dev/video0 5
pull_out
