# Sourced by camera-vm: judges the recordings of usb-faults.sh.
# shellcheck shell=bash disable=SC2154

judge_usb_faults() {
  local fault
  # What the kernel's driver makes of each: see software-usb-camera/main.c.
  judge_injected cut truncated
  judge_injected junk undecodable
  judge_injected lost undecodable
  judge_injected err gaps
  judge_injected cut-unread truncated
  expect "cut-unread frames" "$(count cut-unread unread) given back unread" test "$(count cut-unread unread)" -ge 30

  judge_survived stall
  judge_recovery stall "no frame: for" 1
  # Every stream but the last gave its 59 frames, and then nothing.
  judge_sent stall
  for fault in replug renumbered; do
    judge_survived "$fault"
    judge_recovery "$fault" "unplugged" 1
    judge_return "$fault"
    judge_sent "$fault"
  done
  expect "renumbered device" "$(recorded renumbered/devices | tr '\n' ' ')" \
    grep -q 'camera /dev/video[1-9]: MJPG' "$results/renumbered/stderr"

  judge_given_up gone
  judge_agreement gone
  judge_sent gone
}

# count NAME WHAT: a number of the report; -1 if it has none.
count() {
  local pattern number
  case $2 in
    used) pattern='^frames  *\([0-9]*\) used.*' ;;
    unread) pattern='^frames .* \([0-9]*\) given back unread.*' ;;
    old) pattern='^frames .* \([0-9]*\) too old$' ;;
    numbered) pattern='^numbered  *\([0-9]*\) by the driver.*' ;;
    first) pattern='^numbered .* \([0-9]*\) to [0-9]* in the last stream.*' ;;
    last) pattern='^numbered .* [0-9]* to \([0-9]*\) in the last stream.*' ;;
    gaps) pattern='^lost  *\([0-9]*\) in sequence gaps.*' ;;
    duplicates) pattern='^lost .* \([0-9]*\) duplicates$' ;;
    recoveries) pattern='^recoveries  *\([0-9]*\)$' ;;
    missed) pattern='^missed  *\([0-9]*\) control cycles.*' ;;
    *) pattern="^damaged.* \\([0-9]*\\) $2.*" ;;
  esac
  number=$(recorded "$1/stdout" | sed -n "s/$pattern/\\1/p")
  printf '%s\n' "${number:--1}"
}

# sent NAME [WHAT]: frames that the software camera sent in all streams, or those that it damaged.
sent() {
  recorded "$1/camera" | sed -n "s/.*stream ended:.* \\([0-9]*\\) ${2:-frames sent}.*/\\1/p" | awk '{ n += $1 } END { print n + 0 }'
}

# judge_survived NAME: it did all its steps and ended well.
judge_survived() {
  local status; status=$(recorded "$1/status")
  if [[ $status == 0 ]]; then verdict "$1 ends well" 0 "$(last_words "$1/stdout")"
  else verdict "$1 ends well" 1 "exit status ${status:-none}: $(last_words "$1/stderr")"; fi
}

# judge_agreement NAME: whatever became of the frames, together they are all that the driver numbered, and none came twice.
judge_agreement() {
  local kind sum=0 words=""
  for kind in used unread old flagged empty truncated undecodable gaps; do
    sum=$((sum + $(count "$1" $kind)))
    words+="$(count "$1" $kind) $kind, "
  done
  expect "$1 agrees" "${words}of $(count "$1" numbered) that the driver numbered" \
    test "$sum" = "$(count "$1" numbered)" -a "$(count "$1" duplicates)" = 0
}

# judge_damage NAME WHAT NUMBER: exactly this was counted, and no damage of another kind.
judge_damage() {
  local kind counts="" problem=""
  for kind in flagged empty truncated undecodable gaps; do
    counts+="$kind $(count "$1" "$kind"), "
    if [[ $kind == "$2" ]]; then [[ $(count "$1" "$kind") == "$3" ]] || problem+=" $kind"
    else [[ $kind == gaps || $(count "$1" "$kind") == 0 ]] || problem+=" $kind"; fi
  done
  expect "$1 counts" "${counts}expected $2 $3${problem:+; wrong:$problem}" test -z "$problem"
}

# judge_sent NAME: the driver numbered no more than the camera sent. (At the end of a run some are on their way.)
judge_sent() {
  local sent numbered
  sent=$(sent "$1") numbered=$(count "$1" numbered)
  expect "$1 sent" "the camera sent $sent frames, $numbered of them were numbered" \
    test "${numbered:-0}" -gt 0 -a "${numbered:-0}" -le "$sent"
}

# judge_injected FAULT WHAT: of the frames up to the last that arrived, every 10th was damaged, as the camera itself
# says, and exactly these are counted as WHAT, for a frame's number is the driver's plus 1. Where the machine was so slow
# that the driver lost frames, or frames went back undecoded whose damage only decoding shows, these may be among them.
judge_injected() {
  local expected sent counted other=0 hidden=0 kind
  judge_survived "$1"
  judge_agreement "$1"
  judge_sent "$1"
  sent=$(sent "$1") counted=$(count "$1" "$2")
  expected=$((($(count "$1" last) + 1) / 10))
  expect "$1 injected" "the camera damaged $(sent "$1" "${1%-unread}") of $sent, the last to arrive was number $(count "$1" last)" \
    test "$(sent "$1" "${1%-unread}")" = $((sent / 10)) -a "$(count "$1" first)" = 0 -a "$expected" -ge 6
  for kind in flagged empty truncated undecodable; do
    [[ $kind == "$2" ]] || other=$((other + $(count "$1" "$kind")))
  done
  [[ $2 == gaps ]] || hidden=$(count "$1" gaps)
  [[ $1 != lost ]] || hidden=$((hidden + $(count "$1" unread) + $(count "$1" old)))
  # The driver drops what is marked as an error; what it loses besides comes on top.
  if [[ $2 == gaps ]]; then
    expect "$1 counts" "$counted of $expected in $2, $other of another kind" test "$counted" -ge "$expected" -a "$other" = 0
  else
    expect "$1 counts" "$counted of $expected as $2, $hidden unseen, $other of another kind" \
      test "$counted" -le "$expected" -a $((counted + hidden)) -ge "$expected" -a "$other" = 0
  fi
}

# judge_recovery NAME WORDS NUMBER: what happened was said, and the camera found again, at least NUMBER times.
judge_recovery() {
  local said back
  said=$(recorded "$1/stderr" | grep -c "camera /dev/video0: $2" || true)
  back=$(recorded "$1/stderr" | grep -c 'camera /dev/video0: back after' || true)
  expect "$1 recovers" "$(recorded "$1/stderr" | grep 'camera /dev' | tail -n 3 | tr '\n' '|')" \
    test "$said" -ge "$3" -a "$back" -ge "$3" -a "$(count "$1" recoveries)" = "$back"
}

# judge_return NAME: learning went on within 2 s of the return of the camera's device.
judge_return() {
  local returned learned
  returned=$(recorded "$1/returned")
  learned=$(recorded "$1/stamped" | sed -n 's/^\([0-9]*\) run: learning goes on.*/\1/p' | tail -n 1)
  expect "$1 goes on soon" "learning $((${learned:-0} - ${returned:-0})) ms after the camera's return" \
    test -n "$returned" -a "${learned:-0}" -gt "${returned:-0}" -a $((${learned:-0} - ${returned:-0})) -le 2000
}

# judge_given_up NAME: a clear error after the time set, with the checkpoint saved.
judge_given_up() {
  local status; status=$(recorded "$1/status")
  expect "$1 is given up" "status $status, $(recorded "$1/stderr" | tail -n 1)" \
    test "$status" = 1 -a -n "$(recorded "$1/stderr" | sed -n '$ { /^error: camera .dev.video0: lost and not found/p }')"
  expect "$1 checkpoint" "$(recorded "$1/checkpoint")" test "$(recorded "$1/checkpoint")" = saved
}
