# Sourced by camera-vm: judges the recordings of test-pattern.sh.
# shellcheck shell=bash disable=SC2154

judge_test_pattern() {
  judge_end colour-columns
  judge_encoding colour-columns
  judge_colours colour-columns 200 columns 100 YUYV 601 limited

  judge_end colour-rows
  judge_colours colour-rows 20 rows 100 YUYV 601 limited

  judge_end gain
  expect "gain value" "driver says $(recorded gain/values | tr '\n' ' ')" \
    test "$(recorded gain/values | tr '\n' ' ')" = "gain: 77 gain_automatic: 0 "
  judge_refusal gain-out-of-range
  judge_words gain-out-of-range stderr 'gain cannot be fixed: 256; give 0 to 255$'

  judge_refusal no-such-device
  judge_refusal no-video-device
  judge_refusal output-device
  judge_refusal busy-device
  judge_refusal no-permission
}

# The colours below are only "known" if the driver says that it sends limited range by a matrix that webcams use.
judge_encoding() {
  local encoding range
  encoding=$(sed -n 's/.*YCbCr\/HSV Encoding *: *//p' "$results/$1/format" 2>/dev/null || true)
  range=$(sed -n 's/.*Quantization *: *//p' "$results/$1/format" 2>/dev/null || true)
  expect "$1 encoding" "driver reports ${encoding:-nothing}, ${range:-nothing}" \
    test "$encoding $range" = "Default (maps to ITU-R 601) Default (maps to Limited Range)"
}

# judge_colours NAME STEPS columns|rows 75|100 FOURCC 601|709 limited|full
#
# The driver's bytes are checked too, and each picture is held to them within 1 level, for it is rounded once. To the
# colours that the driver names it is held within 2 where the driver itself comes that near: of the bars of 75 % in full
# range by BT.601, and of all that is RGB or grey. Elsewhere the driver cuts each code down by up to one (and counts 255
# as 255/256), which limited range and the matrix make 1.164 + 2.018 + 0.5 < 4 levels, in full range 1 + 1.856 + 1.5
# (it never sends 0 and 255) < 5. See tools/colour-bars.c.
judge_colours() {
  local name=$1 result files=() true_bound=4
  [[ $5 == RGB3 || $5 == BGR3 || $5 == GREY || "$4 $6 $7" == "75 601 full" ]] && true_bound=2
  judge_format "$name" "$5" 640/360
  judge_count "$name" "$2" "${5,,}"
  mapfile -t files < <(saved "$name" ppm)
  if (( ${#files[@]} == 0 )); then verdict "$name colours" 1 "no frames"
  elif result=$("$tools/colour-bars" "$3" "$4" "$5" "$6" "$7" 1 "$true_bound" "${files[@]}"); then
    verdict "$name colours" 0 "${result//"$results/"/}"
  else
    verdict "$name colours" 1 "${result//"$results/"/}"
  fi
}
