#!/bin/sh
# In the guest: the kernel's test driver vivid, as a webcam that has only uncompressed formats, and an output device.
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh
camera=/dev/$(video_node vid-cap)
output=/dev/$(video_node vid-out)

still_bars "$camera" test_pattern=1
run_camera colour-columns "$camera" 200
v4l2-ctl -d "$camera" -c test_pattern=3
run_camera colour-rows "$camera" 20

# A control that the driver accepts, out of its automatic, and a value that it does not take.
# shellcheck disable=SC2086
run_camera gain "$camera" 5 $quick --set camera.gain=77
v4l2-ctl -d "$camera" -C gain,gain_automatic >/out/gain/values
refuse_camera gain-out-of-range "$camera" --set camera.gain=256

refuse_camera no-such-device /dev/video99
refuse_camera no-video-device /dev/null
refuse_camera output-device "$output"
keep_busy "$camera"
refuse_camera busy-device "$camera"
end_busy busy-device

chmod 000 "$camera"
mkdir -p /out/no-permission
echo "$camera" >/out/no-permission/device
record no-permission su -s /bin/sh nobody -c "exec avg-vision --camera $camera --steps 5 --output /tmp/run-nobody"
