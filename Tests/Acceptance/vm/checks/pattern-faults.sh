#!/bin/sh
# In the guest: vivid in every uncompressed format that is taken, and with the errors that it can inject.
# shellcheck source-path=SCRIPTDIR source=guest.sh
. /app/checks/guest.sh
camera=/dev/$(video_node vid-cap)

still_bars "$camera"
# run_colours FORMAT 75|100 601|709 limited|full: the colour bars as the driver encodes them.
run_colours() {
  case $2 in 75) pattern=0 ;; *) pattern=1 ;; esac
  case $3 in 601) matrix=1 ;; *) matrix=2 ;; esac
  case $4 in full) range=1 ;; *) range=2 ;; esac
  v4l2-ctl -d "$camera" -c "test_pattern=$pattern,y_cbcr_encoding=$matrix,quantization=$range"
  # shellcheck disable=SC2086
  run_camera "$1-$2-$3-$4" "$camera" 5 $quick --set "camera.format=$1"
}
for format in YUYV UYVY NV12 RGB3 BGR3 GREY; do run_colours $format 75 601 full; done
run_colours YUYV 100 709 limited
run_colours NV12 100 709 full
run_colours RGB3 100 601 limited
v4l2-ctl -d "$camera" -c y_cbcr_encoding=0,quantization=0
limit=60 record doctor avg-vision doctor

# Errors of opening, each injected once: the next request fails.
for request in reqbufs qbuf streamon; do
  v4l2-ctl -d "$camera" -c "inject_vidioc_${request}_error=1"
  refuse_camera "$request-error" "$camera"
done

# run_injected NAME CONTROL=VALUE [ARGUMENT...]: the control is set while the program runs.
run_injected() {
  name=$1 control=$2; shift 2
  ( sleep 4; v4l2-ctl -d "$camera" -c "$control" ) &
  # shellcheck disable=SC2086
  limit=60 record "$name" avg-vision --camera "$camera" --steps 150 --no-learn $quick "$@" --output "/tmp/run-$name"
}
run_injected flagged inject_v4l2_buf_flag_error=1
run_injected fatal inject_fatal_streaming_error=1
# Half of all buffers, from the first on.
v4l2-ctl -d "$camera" -c percentage_of_dropped_buffers=50
run_injected dropped percentage_of_dropped_buffers=50
v4l2-ctl -d "$camera" -c percentage_of_dropped_buffers=0
# The driver takes the device back once nobody holds it open.
run_injected disconnected disconnect=1
