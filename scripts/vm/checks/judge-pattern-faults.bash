# Sourced by camera-vm: judges the recordings of pattern-faults.sh; uses the functions of the other judges.
# shellcheck shell=bash disable=SC2154

judge_pattern_faults() {
  local request
  judge_colours YUYV 5 columns YUYV "$colour_bound"
  judge_colours UYVY 5 columns UYVY "$colour_bound"
  judge_colours NV12 5 columns NV12 "$colour_bound"
  # No colour conversion stands between these and the agent.
  judge_colours RGB3 5 columns RGB3 2
  judge_colours BGR3 5 columns BGR3 2
  judge_colours GREY 5 grey-columns GREY 2
  expect doctor "$(recorded doctor/stdout | grep choice | head -n 1)" test "$(recorded doctor/status)" = 0

  for request in reqbufs qbuf streamon; do judge_refusal "$request-error"; done

  judge_survived flagged
  judge_counts flagged flagged 1
  judge_survived fatal
  judge_recovery fatal "VIDIOC_DQBUF failed: Input/output error" 1
  judge_survived dropped
  judge_counts dropped gaps 5
  judge_survived disconnected
  judge_recovery disconnected "unplugged" 1
}
