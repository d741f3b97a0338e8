# shellcheck shell=bash disable=SC2154
# Sourced by check-robot and robot-soak: the built program, its emulator of a Create 2 on a pseudo-terminal, and a
# stand-in for the camera's driver that shows the emulated robot's view. All lies in the folder $work.

make_work
port=$work/create2 log=$work/robot.log control=$work/control
emulator=""

# Finds the program, and makes the stand-in.
prepare() {
  find_program
  clang -std=gnu11 -O2 -shared -fPIC "$acceptance/robot/stand-in-camera.c" -o "$work/stand-in-camera.so"
}

# The emulated cable is a pseudo-terminal. Its bytes are carried by the kernel's ordinary workers, which an overloaded
# computer lets wait (116 ms for a processor at a load of 10, by ftrace); no serial port's output waits for them. Where it
# is permitted, the workers go before ordinary programs until the check ends.
cable_keeper=""
hasten_cable() {
  [[ -z ${AVG_CABLE_IS_HASTENED:-} ]] || return 0
  export AVG_CABLE_IS_HASTENED=1
  while set_workers -f 30; do sleep 0.5; done &
  cable_keeper=$!
}
set_workers() {
  local worker workers
  workers=$(pgrep '^kworker/u') || return 0
  # One may have ended meanwhile.
  for worker in $workers; do chrt "$1" -p "$2" "$worker" 2>/dev/null || [[ ! -e /proc/$worker ]] || return 1; done
}
release_cable() {
  [[ -n $cable_keeper ]] || return 0
  kill "$cable_keeper" 2>/dev/null || true
  wait "$cable_keeper" 2>/dev/null || true
  set_workers -o 0 || true
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
