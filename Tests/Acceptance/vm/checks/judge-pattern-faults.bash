# Sourced by camera-vm: judges the recordings of pattern-faults.sh; uses the functions of the other judges.
# shellcheck shell=bash disable=SC2154

judge_pattern_faults() {
  local request format
  for format in YUYV UYVY NV12 RGB3 BGR3 GREY; do judge_colours "$format-75-601-full" 5 columns 75 "$format" 601 full; done
  judge_colours YUYV-100-709-limited 5 columns 100 YUYV 709 limited
  judge_colours NV12-100-709-full 5 columns 100 NV12 709 full
  judge_colours RGB3-100-601-limited 5 columns 100 RGB3 601 limited
  expect doctor "$(recorded doctor/stdout | grep choice | head -n 1)" test "$(recorded doctor/status)" = 0

  for request in reqbufs qbuf streamon; do judge_refusal "$request-error"; done

  judge_survived flagged
  judge_agreement flagged
  judge_damage flagged flagged 1
  judge_survived fatal
  judge_agreement fatal
  judge_recovery fatal "VIDIOC_DQBUF failed: Input/output error" 1
  judge_survived dropped
  judge_agreement dropped
  judge_damage dropped gaps "$(count dropped gaps)"
  # Each buffer is dropped by the toss of a coin: of 300, half within four standard deviations.
  expect "dropped share" "$(count dropped gaps) of $(count dropped numbered) lost" \
    test $((100 * $(count dropped gaps))) -ge $((38 * $(count dropped numbered))) \
      -a $((100 * $(count dropped gaps))) -le $((62 * $(count dropped numbered)))
  judge_survived disconnected
  judge_agreement disconnected
  judge_recovery disconnected "unplugged" 1
}
