# Sourced by camera-vm: judges the recordings of camera-kinds.sh; uses the functions of the other judges.
# shellcheck shell=bash disable=SC2154

judge_camera_kinds() {
  local format input
  # Three nodes of vimc, and a camera: none of the former is chosen, each is explained.
  expect "doctor explains pipelines" "$(recorded doctor/stdout | grep -c 'media-ctl' || true) explained, status $(recorded doctor/status)" \
    test "$(recorded doctor/stdout | grep -c 'problem.*media-ctl' || true)" = 3 -a "$(recorded doctor/status)" = 0
  judge_refusal pipeline
  judge_words pipeline stderr 'libcamerify.*media-ctl'
  judge_end pipeline-set-up
  judge_format pipeline-set-up RGB3 640/480
  judge_survived auto
  expect "auto goes on" "$(recorded auto/stderr | head -n 1)" grep -q "camera $(recorded auto/device): " "$results/auto/stderr"

  # In multi-planar memory the images begin behind an offset (128 bytes for YUYV); nothing else may speak on stdout.
  for format in YUYV NV12 RGB3; do
    judge_end "multiplanar-$format"
    judge_colours "multiplanar-$format" 5 columns 75 "$format" 601 full
  done
  expect "multiplanar output" "first line: $(recorded multiplanar-YUYV/stdout | head -n 1)" \
    test "$(recorded multiplanar-YUYV/stdout | grep -c -i 'using\|plugin' || true)" = 0

  # Of television's 720x576 lines the driver makes bars whose edges lie elsewhere, and a tuner's noise.
  for input in television s-video hdmi; do judge_end "$input"; done
  judge_colours hdmi 5 columns 75 YUYV 601 full
  for input in television s-video; do
    judge_words "$input" stderr 'interlaced: one field of two is used'
    expect "$input fields" "$(grep Field "$results/$input/format")" grep -q 'Field *: Interlaced' "$results/$input/format"
  done
  judge_words hdmi stderr 'YUYV 640x360 at 60 frames/s'

  judge_refusal no-writer
  judge_words no-writer stderr 'no program writes images to it'

  judge_end writer-restarts
  expect "writer-restarts formats" "$(recorded writer-restarts/stderr | grep 'camera /dev/video7' | cut -c 1-90 | tr '\n' '|') writer: $(recorded writer)" \
    test "$(recorded writer-restarts/stderr | grep -o 'YUYV [0-9x]*' | tr '\n' ' ')" = "YUYV 640x360 YUYV 320x180 YUYV 640x360 "
  expect "writer-restarts recovers" "$(recorded writer-restarts/stdout | grep recoveries || true)" \
    test "$(recorded writer-restarts/stderr | grep -c 'back after' || true)" = 2
}
