# Sourced by camera-vm: judges the recordings of usb-faults.sh.
# shellcheck shell=bash disable=SC2154

judge_usb_faults() {
  # What the kernel's driver makes of each: see software-usb-camera/main.c.
  judge_survived cut; judge_counts cut truncated 1
  judge_survived junk; judge_counts junk undecodable 1
  judge_survived lost; judge_counts lost undecodable 1
  judge_survived err; judge_counts err gaps 1

  judge_survived stall
  judge_recovery stall "no frame: for" 1
  judge_survived replug
  judge_recovery replug "unplugged" 1
  judge_return replug
  judge_survived renumbered
  judge_recovery renumbered "unplugged" 1
  expect "renumbered device" "$(recorded renumbered/devices | tr '\n' ' ')" \
    grep -q 'camera /dev/video[1-9]: MJPG' "$results/renumbered/stderr"

  judge_given_up gone
}

# count NAME WHAT: a number of the report: damaged frames of a kind, frames in sequence gaps, recoveries.
count() {
  case $2 in
    gaps) recorded "$1/stdout" | sed -n 's/^lost  *\([0-9]*\) in sequence gaps.*/\1/p' ;;
    recoveries) recorded "$1/stdout" | sed -n 's/^recoveries  *\([0-9]*\)$/\1/p' ;;
    *) recorded "$1/stdout" | sed -n "s/^damaged.* \([0-9]*\) $2.*/\1/p" ;;
  esac
}

# judge_survived NAME: it did all its steps and ended well.
judge_survived() {
  local status; status=$(recorded "$1/status")
  if [[ $status == 0 ]]; then verdict "$1 ends well" 0 "$(last_words "$1/stdout")"
  else verdict "$1 ends well" 1 "exit status ${status:-none}: $(last_words "$1/stderr")"; fi
}

# judge_counts NAME WHAT NUMBER: the damage was counted as what it is, at least NUMBER times, nothing else was, and the
# camera was not given up. Frames that were given back unread are not looked at: the count is no exact one.
judge_counts() {
  local kind counts="" problem=""
  for kind in flagged empty truncated undecodable recoveries; do
    counts+="$kind $(count "$1" "$kind"), "
    if [[ $kind == "$2" ]]; then (( $(count "$1" "$kind") >= $3 )) || problem+=" $kind"
    else [[ $(count "$1" "$kind") == 0 ]] || problem+=" $kind"; fi
  done
  [[ $2 != gaps || $(count "$1" gaps) -ge $3 ]] || problem+=" gaps"
  expect "$1 counts" "${counts}gaps $(count "$1" gaps)${problem:+; wrong:$problem}" test -z "$problem"
}

# judge_recovery NAME WORDS NUMBER: what happened was said, and the camera found again, at least NUMBER times.
judge_recovery() {
  local said back
  said=$(recorded "$1/stderr" | grep -c "camera /dev/video0: $2" || true)
  back=$(recorded "$1/stderr" | grep -c 'camera /dev/video0: back after' || true)
  expect "$1 recovers" "$(recorded "$1/stderr" | grep 'camera /dev' | tail -n 3 | tr '\n' '|')" \
    test "$said" -ge "$3" -a "$back" -ge "$3" -a "$(count "$1" recoveries)" = "$back"
}

# judge_return NAME: there was an image within 2 s of the camera's return, by the times of pulling and return.
judge_return() {
  local away outage
  outage=$(recorded "$1/stderr" | sed -n 's/.*back after \([0-9]*\) ms$/\1/p' | tail -n 1)
  away=$(recorded "$1/away")
  expect "$1 goes on soon" "image after ${outage:-no} ms, camera away for ${away:-an unknown number of} ms" \
    test "${outage:-99999}" -le $((${away:-0} + 2000))
}

# judge_given_up NAME: a clear error after the time set, with the checkpoint saved.
judge_given_up() {
  local status; status=$(recorded "$1/status")
  expect "$1 is given up" "status $status, $(recorded "$1/stderr" | tail -n 1)" \
    test "$status" = 1 -a -n "$(recorded "$1/stderr" | sed -n '$ { /^error: camera .dev.video0: lost and not found/p }')"
  expect "$1 checkpoint" "$(recorded "$1/checkpoint")" test "$(recorded "$1/checkpoint")" = saved
}
