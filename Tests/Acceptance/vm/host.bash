# Sourced by what boots the virtual machine: where its parts lie, the host's tools, and the folder that becomes /app in
# the guest. Needs: library.bash.
# shellcheck shell=bash disable=SC2154,SC2034

here=$acceptance/vm
cache=${AVG_VISION_VM_CACHE:-${HOME:-/root}/.cache/avg-vision-vm}

# need_tools TOOL:PACKAGE...: asks apt only if a tool is not there.
need_tools() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  (( ${#missing[@]} == 0 )) || need_packages "${missing[@]}" || die 125 "missing: ${missing[*]}"
}

# with_lists COMMAND...: the package lists may be absent, or old and name versions that the mirror has dropped: where the
# command fails they are fetched, and it has another try.
with_lists() {
  "$@" && return
  apt-get update -qq || die 125 "apt-get update failed (not root, or no network)"
  "$@" || die 125 "failed: $*"
}

# download_packages FOLDER PACKAGE...: their files, without installing them.
download_packages() {
  say "downloading ${*:2}"
  with_lists download_now "$@"
}
# apt's sandbox user may not be able to write here: download as ourselves
download_now() { ( cd "$1" && apt-get download -qq -o APT::Sandbox::User=root "${@:2}" ); }

# Sets $compiler to a C compiler that can build a program here: clang comes with Swift.
need_compiler() {
  for compiler in clang cc; do
    ! compiles "$compiler" || return 0
  done
  need_packages gcc libc6-dev || die 125 "there is no C compiler"
  compiler=gcc
}

compiles() {
  command -v "$1" >/dev/null && printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
    "$1" -x c -o /dev/null - >/dev/null 2>&1
}

# compile PROGRAM SOURCE...
compile() { "$compiler" -std=gnu11 -O2 -Wall -Wextra "${@:2}" -lm -o "$1"; }

# Puts into $app, which becomes /app in the guest: the program, the software USB camera, and what the guest is to do.
fill_app() {
  mkdir -p "$app/checks"
  cp -L "$program" "$app/avg-vision"
  # Swift packages put their resources beside the program
  find "$(dirname "$program")" -maxdepth 1 -name '*.resources' -exec cp -r {} "$app/" \;
  cp "$here"/checks/*.sh "$here"/checks/*.yaml "$app/checks/"
  compile "$app/software-usb-camera" "$here"/software-usb-camera/*.c
}

# keep_results FROM TO: copies what guests recorded to the folder TO, if it is named.
keep_results() { [[ -z $2 ]] || { mkdir -p "$2"; cp -r "$1/." "$2/"; }; }
