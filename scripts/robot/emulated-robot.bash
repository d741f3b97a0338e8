# shellcheck shell=bash
# Sourced by check-robot and robot-soak: the built program, its emulator of a Create 2 on a pseudo-terminal, and a
# stand-in for the camera's driver that shows the emulated robot's view. All lies in the folder $work.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/robot.XXXXXX")
port=$work/create2 log=$work/robot.log control=$work/control
emulator=""

# Finds the program $program, or builds it, and makes the stand-in.
prepare() {
  if [[ -z $program ]]; then
    swift build --package-path "$repository" -c release --product avg-vision >&2
    program=$(swift build --package-path "$repository" -c release --show-bin-path)/avg-vision
  fi
  clang -std=gnu11 -O2 -shared -fPIC "$repository/scripts/robot/stand-in-camera.c" -o "$work/stand-in-camera.so"
}

# wait_until SECONDS COMMAND...: whether the command came true in time.
wait_until() {
  local end=$((SECONDS + $1)); shift
  until "$@"; do
    (( SECONDS < end )) || return 1
    sleep 0.02
  done
}

# tell LINE: a fault, or a mark in the log, for the emulator.
tell() { echo "$*" >"$control"; }

# start_emulator SEED
start_emulator() {
  : >"$log"
  "$program" emulator "$port" --control "$control" --view "$work/view" --log "$log" --seed "$1" &
  emulator=$!
  wait_until 10 grep -qs ' ready ' "$log"
}

end_emulator() {
  [[ -n $emulator ]] || return 0
  kill "$emulator" 2>/dev/null || true
  wait "$emulator" 2>/dev/null || true
  emulator=""
}

# learner_command SEED FOLDER: the words of the product's own command line, a line each, the stand-in before them.
learner_command() {
  printf '%s\n' env LD_PRELOAD="$work/stand-in-camera.so" STAND_IN_VIEW="$work/view" STAND_IN_FAULT="$work/fault" \
    STAND_IN_MARK="$control" "$program" --camera /dev/full --robot "$port" --seed "$1" --output "$2"
}
