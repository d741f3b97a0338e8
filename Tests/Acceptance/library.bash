# Sourced by every check in bash: what they share. A check's header is its help.
# shellcheck shell=bash disable=SC2034

set -Eeuo pipefail
script=${0##*/}
trap 'echo "$script: unexpected failure at ${BASH_SOURCE[0]##*/}:$LINENO" >&2; exit 125' ERR

acceptance=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$acceptance/../.." && pwd)
# For the checks in Python, which import library.py.
export AVG_CHECK=$script PYTHONPATH=$acceptance PYTHONDONTWRITEBYTECODE=1

say() { printf '%s: %s\n' "$script" "$*" >&2; }

# die STATUS TEXT
die() { say "$2"; exit "$1"; }

# Prints the indented lines of the header, and ends.
usage() { awk 'NR > 1 && !/^#/ { exit } sub(/^#   /, "")' "$0" >&2; exit 2; }

# need_packages PACKAGE...: Debian's, installed where they are missing.
need_packages() { "$repository/scripts/setup" "$@"; }

program=""

# Sets $program, unless an option has, to the one in AVG_VISION, else to this package's release build, brought up to date.
# Other checks and the Python files find it in AVG_VISION.
find_program() {
  program=${program:-${AVG_VISION:-}}
  if [[ -z $program ]]; then
    command -v swift >/dev/null || die 125 "swift is not on the PATH"
    swift build --package-path "$repository" -c release --product avg-vision >&2 || die 125 "the release build failed"
    program=$(swift build --package-path "$repository" -c release --show-bin-path)/avg-vision
  fi
  [[ -x $program ]] || die 2 "no such program: $program"
  program=$(realpath "$program")
  export AVG_VISION=$program
}

# Makes the folder $work. It goes when the script ends, after the function clean_up, if there is one.
make_work() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/$script.XXXXXX")
  trap end_work EXIT
}
end_work() {
  ! declare -F clean_up >/dev/null || clean_up
  rm -rf "$work"
}

passed=0 failed=0

# check TEXT COMMAND...: prints whether the command succeeds, and counts.
check() {
  local text=$1; shift
  if "$@"; then passed=$((passed + 1)); echo "PASS  $text"
  else failed=$((failed + 1)); echo "FAIL  $text"; fi
}

# Prints what the checks came to; ends the script if one has failed.
conclude() {
  (( failed == 0 )) || { echo "$script: $failed of $((passed + failed)) checks FAILED"; exit 1; }
  echo "$script: all $passed checks passed"
}

# quietly COMMAND...: what it says is shown if it fails, and is in $work/log.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }; }

# holds CONDITION: whether a comparison of numbers is true, in awk.
holds() { awk "BEGIN { exit !($1) }"; }

# wait_until SECONDS COMMAND...: whether the command came true in time.
wait_until() {
  local end=$((SECONDS + $1)); shift
  until "$@"; do
    (( SECONDS < end )) || return 1
    sleep 0.02
  done
}

# need_python NAME: sets $python to that of a virtual environment with the packages in NAME/requirements.txt, kept in
# ~/.cache/avg-vision-NAME. Where these ask for PyTorch, PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu finds
# a build without CUDA's libraries, which take gigabytes.
need_python() {
  local environment=${XDG_CACHE_HOME:-$HOME/.cache}/avg-vision-$1 requirements=$acceptance/$1/requirements.txt
  # The file that was installed last lies beside what it asked for.
  if ! cmp -s "$requirements" "$environment/requirements.txt"; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || need_packages python3-venv
    python3 -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$environment/"
  fi
  python=$environment/bin/python
}
python=python3

# part FILE ARGUMENT...: a part of the check in Python, which has said what is wrong where it fails.
part() { "$python" "$acceptance/$1" "${@:2}" || exit; }
