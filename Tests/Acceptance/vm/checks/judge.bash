# Sourced by camera-vm: judges on the host what the guest recorded. Needs: $results, $tools, $pictures.
# shellcheck shell=bash disable=SC2154

# expect NAME EVIDENCE TEST...: passes if the test command does.
expect() { check "$1: $2" "${@:3}"; }

# verdict NAME STATUS EVIDENCE: passes if the status is 0.
verdict() { check "$1: $3" test "$2" = 0; }

recorded() { cat "$results/$1" 2>/dev/null || true; }

# saved NAME EXTENSION: the frames, in order; none if there is not even a folder.
saved() { { find "$results/$1/frames" -name "[0-9][0-9][0-9][0-9][0-9][0-9].$2" 2>/dev/null || true; } | sort; }

# The last lines of what the program said, on one line.
last_words() { recorded "$1" | tail -n 4 | cut -c 1-400 | tr '\n' '|'; }

# judge_end NAME: it ended well and its report names what a user wants to know.
judge_end() {
  local status report word missing=""
  status=$(recorded "$1/status")
  if [[ $status == 0 ]]; then verdict "$1 ends well" 0 "exit status 0 of $(recorded "$1/command")"
  else verdict "$1 ends well" 1 "exit status ${status:-none}: $(last_words "$1/stderr")"; fi
  report=$(recorded "$1/stdout")
  for word in frames gaps missed age decode act learn p50 p99 max; do
    grep -qiw -- "$word" <<<"$report" || missing+=" $word"
  done
  expect "$1 reports" "${missing:+lacks$missing: }$(last_words "$1/stdout")" test -z "$missing"
}

# judge_format NAME FOURCC SIZE: what the driver was left with, by v4l2-ctl.
judge_format() {
  local format size
  format=$(sed -n "s/.*Pixel Format *: '\(....\)'.*/\1/p" "$results/$1/format" 2>/dev/null || true)
  size=$(sed -n 's/.*Width\/Height *: *//p' "$results/$1/format" 2>/dev/null || true)
  expect "$1 format" "driver set to ${format:-nothing} ${size:-} (expected $2 $3)" test "$format $size" = "$2 $3"
}

# judge_count NAME STEPS EXTENSION: one saved picture, with the camera's own bytes beside it, per control step at least.
judge_count() {
  local pictures raw
  pictures=$(saved "$1" ppm | wc -l)
  raw=$(saved "$1" "$3" | wc -l)
  expect "$1 frames" "$pictures .ppm and $raw .$3 saved in $2 steps" test "$pictures" -ge "$2" -a "$pictures" -eq "$raw"
}

# judge_refusal NAME: ended with an error of its own making: a status, one line that names the device, nothing else.
judge_refusal() {
  local name=$1 status lines line device reason=""
  status=$(recorded "$name/status")
  device=$(recorded "$name/device")
  line=$(recorded "$name/stderr")
  lines=$(recorded "$name/stderr" | grep -c '' || true)
  # 126 and 127 are the shell's, 128 and above are signals: crashes and hangs
  if [[ -z $status ]]; then reason="did not run"
  elif (( status == 0 || status > 125 )); then reason="exit status $status"
  elif (( lines != 1 )); then reason="$lines lines instead of one"
  elif [[ $line != "error: "* ]]; then reason="does not begin with error:"
  elif [[ $line != *"$device"* ]]; then reason="does not name $device"
  elif [[ $line == *"Fatal error"* || $line == *"Stack dump"* ]]; then reason="a trace"; fi
  if [[ $name == busy-* && -z $(recorded "$name/holder") ]]; then reason="nobody else was streaming: $reason"; fi
  if [[ -z $reason ]]; then verdict "$name is refused" 0 "status $status, $line"
  else verdict "$name is refused" 1 "$reason: status ${status:-none}, $(last_words "$name/stderr")"; fi
}
