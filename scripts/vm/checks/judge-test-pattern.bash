# Sourced by camera-vm: judges the recordings of test-pattern.sh.
# shellcheck shell=bash disable=SC2154

# Where the bound comes from. vivid computes limited-range Y'CbCr from R'G'B' of 0 or 255 and cuts it down to 8 bits:
# each component is too low by up to one level (rounding would be half). The conversion back multiplies that by 1.164
# for Y' and by up to 2.017 (BT.601) for chroma, and rounds once more: 1.164 + 2.017 + 0.5 < 4. BT.709's matrix would
# be off by 40, full range by 21, Cb and Cr exchanged by 255.
readonly colour_bound=4

judge_test_pattern() {
  judge_end colour-columns
  judge_encoding colour-columns
  judge_colours colour-columns 200 columns YUYV "$colour_bound"

  judge_end colour-rows
  judge_colours colour-rows 20 rows YUYV "$colour_bound"

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

# judge_colours NAME STEPS columns|rows|grey-columns FOURCC BOUND
judge_colours() {
  local name=$1 result files=()
  judge_format "$name" "$4" 640/360
  judge_count "$name" "$2" "${4,,}"
  mapfile -t files < <(saved "$name" ppm)
  if (( ${#files[@]} == 0 )); then verdict "$name colours" 1 "no frames"
  elif result=$("$tools/colour-bars" "$3" "$5" "${files[@]}"); then
    verdict "$name colours" 0 "${result//"$results/"/}"
  else
    verdict "$name colours" 1 "${result//"$results/"/}"
  fi
}
