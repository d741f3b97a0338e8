# Sourced by camera-vm: judges the recordings of usb-endurance.sh; uses the functions of the other judges.
# shellcheck shell=bash disable=SC2154

judge_usb_endurance() {
  local stream
  for stream in MJPG-320x180 MJPG-640x360 MJPG-1280x720 YUYV-320x180 YUYV-640x360; do judge_stream "$stream"; done
  judge_cycles cycles "$cycles" 0
  judge_cycles busy-cycles 100 100
  expect "busy-cycles holder" "the other program goes on $(recorded busy-cycles/holder)" \
    test "$(recorded busy-cycles/holder)" = streaming
}

# judge_stream FORMAT-SIZE: nothing lost, doubled or damaged, by the program's counters, by the driver's numbers, by the
# driver's own statistics and by the camera's count.
judge_stream() {
  local size=${1#*-} frames
  judge_survived "$1"
  judge_format "$1" "${1%-*}" "${size/x//}"
  judge_agreement "$1"
  judge_damage "$1" gaps 0
  judge_sent "$1"
  # The driver counts a frame when the next one begins.
  frames=$(recorded "$1/driver" | sed -n 's/^frames: *\([0-9]*\)$/\1/p')
  expect "$1 driver" "$(recorded "$1/driver" | head -n 5 | tr -s ' \n' ' ')" \
    test "${frames:-0}" -ge $(($(count "$1" numbered) - 1)) -a "${frames:-0}" -le "$(sent "$1")" \
      -a "$(recorded "$1/driver" | sed -n 's/^errors: *//p')" = 0
  expect "$1 length" "$(count "$1" numbered) frames of 1/30 s in cycles of 45 ms, $(count "$1" missed) of them missed" \
    test "$(count "$1" numbered)" -ge $((seconds * 29))
}

# judge_cycles NAME COUNT FAILED: so often was it opened, and nothing is left open.
judge_cycles() {
  expect "$1 leave nothing" "status $(recorded "$1/status"): $(recorded "$1/stdout" | tr -s ' \n' ' ')" \
    test "$(recorded "$1/status")" = 0
  expect "$1 done" "$(recorded "$1/stdout" | head -n 1)" grep -q "^cycles  *$2, $3 failed" "$results/$1/stdout"
}
