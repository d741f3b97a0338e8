# Sourced by camera-vm: judges the recordings of usb-camera.sh.
# shellcheck shell=bash disable=SC2154

judge_usb_camera() {
  judge_end usb-camera
  judge_format usb-camera MJPG 640/360
  judge_count usb-camera 200 jpg
  judge_jpeg_frames usb-camera 640x360 1/4

  judge_end usb-camera-720p
  judge_format usb-camera-720p MJPG 1280/720
  judge_count usb-camera-720p 40 jpg
  judge_jpeg_frames usb-camera-720p 1280x720 1/8

  judge_words usb-camera stdout 'stamps of the start of exposure'
  judge_controls
  judge_doctor
  judge_refusal metadata-node
  judge_refusal busy-usb-camera
  judge_refusal unplugged-usb-camera

  judge_end grey-usb-camera
  judge_format grey-usb-camera GREY 640/360
  judge_count grey-usb-camera 5 grey
}

# The driver's values, read by v4l2-ctl after the run, and what the camera itself was told.
judge_controls() {
  local name value
  judge_end controls
  while read -r name value; do
    expect "controls $name" "driver says $(grep "^$name:" "$results/controls/values" || true), expected $value" \
      grep -q "^$name: $value\b" "$results/controls/values"
  done <<'EOF'
auto_exposure 1
exposure_time_absolute 150
gain 77
white_balance_automatic 0
white_balance_temperature 3000
focus_automatic_continuous 0
focus_absolute 35
EOF
  for name in 'exposure set to 150' 'gain set to 77' 'white balance set to 3000' 'focus set to 35'; do
    expect "controls camera" "the camera says: $name" grep -q ": $name\$" "$results/controls/camera"
  done
  judge_refusal exposure-out-of-range
  judge_words exposure-out-of-range stderr 'exposure cannot be fixed: 5000; give 3 to 2047$'
  judge_refusal focus-between-steps
  judge_words focus-between-steps stderr 'focus cannot be fixed: 36; give 0 to 250 in steps of 5$'
}

# judge_words NAME FILE PATTERN
judge_words() {
  expect "$1 says" "$(recorded "$1/$2" | grep -o "$3" | head -n 1)" grep -q "$3" "$results/$1/$2"
}

# What it says of a camera, and that it leaves it alone.
judge_doctor() {
  expect doctor "status $(recorded doctor/status)" test "$(recorded doctor/status)" = 0
  judge_words doctor stdout 'offers   MJPG '
  judge_words doctor stdout 'control  exposure 3 to 2047, now [0-9]*'
  judge_words doctor stdout 'choice   MJPG 640x360 at 10 frames/s'
  judge_words doctor stdout 'warning  too slow at 10 frames/s: a frame every 100 ms.*allow 200 ms'
  expect "doctor leaves alone" "the same after as before: $(recorded doctor/setting-after | tr -s ' \n\t' ' ')" \
    cmp -s "$results/doctor/setting-before" "$results/doctor/setting-after"
  judge_words doctor-range stdout 'problem  .*exposure cannot be fixed: 5000; give 3 to 2047'
  judge_words busy-doctor stdout 'problem  camera /dev/video0: in use by another program'
  expect "busy-doctor leaves alone" "the other program goes on $(recorded busy-doctor/holder)" \
    test "$(recorded busy-doctor/holder)" = streaming
  judge_words slow stderr 'camera /dev/video0: too slow at 5 frames/s'
}

# sums FOLDER EXTENSION: "NAME SUM" for each file, sorted by name.
sums() {
  [[ -d $1 ]] || return 0
  ( cd "$1" && find . -name "*.$2" -printf '%P\0' | sort -z | xargs -0r sha256sum ) |
    sed 's/^\([0-9a-f]*\) [ *]\(.*\)\.[a-z]*$/\2 \1/'
}

# judge_jpeg_frames NAME SIZE SCALE: every saved .jpg is one of the pictures that the camera was given, byte for byte;
# the .ppm beside it is what djpeg makes of that picture, byte for byte; and the pictures go forward.
#
# The camera shows its pictures in a circle. Forward therefore means: at least one picture ahead and less than half
# the circle. None may be shown twice, none go back; how many are passed over depends on how slow the machine is.
judge_jpeg_frames() {
  local name=$1 size=$2 scale=$3 decoded=$results/$1/decoded picture result status=0
  mkdir -p "$decoded"
  for picture in "$pictures/$size"/*.jpg; do
    djpeg -scale "$scale" -pnm "$picture" >"$decoded/$(basename "$picture" .jpg).ppm"
  done
  result=$(awk -v sources=<(sums "$pictures/$size" jpg) -v decodings=<(sums "$decoded" ppm) \
    -v originals=<(sums "$results/$name/frames" jpg) -v views=<(sums "$results/$name/frames" ppm) '
    function problem(text) { if (problems++ < 3) print text }
    BEGIN {
      count = 0
      while ((getline <sources) > 0) { number_of[$2] = count; name_of[count++] = $1 }
      while ((getline <decodings) > 0) decoding_of[$1] = $2
      while ((getline <views) > 0) view_of[$1] = $2
      previous = -1
      while ((getline <originals) > 0) {
        frames++
        if (!($2 in number_of)) { problem($1 ".jpg is none of the pictures that the camera was given"); continue }
        number = number_of[$2]
        if (view_of[$1] != decoding_of[name_of[number]])
          problem($1 ".ppm differs from what djpeg makes of picture " name_of[number])
        ahead = (number - previous + count) % count
        if (previous >= 0 && (ahead < 1 || ahead >= count / 2))
          problem($1 " shows picture " name_of[number] " after " name_of[previous])
        if (previous >= 0 && ahead > furthest) furthest = ahead
        previous = number
      }
      if (!frames) problem("no frames")
      if (problems) { print problems " problems in " frames + 0 " frames"; exit 1 }
      print frames " frames, each byte-identical to one of " count " pictures and to its decoding by djpeg, " \
        "going forward by at most " furthest
    }') || status=1
  verdict "$name pictures" "$status" "${result//$'\n'/; }"
}
