# Sourced: finds the host's tools and installs, with apt, what is missing. Needs: say, die, $cache.
# shellcheck shell=bash disable=SC2154,SC2034

# need_tools TOOL:PACKAGE...: asks apt only if a tool is not there.
need_tools() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  (( ${#missing[@]} == 0 )) || install_packages "${missing[@]}"
}

install_packages() {
  say "installing with apt: $*"
  (( EUID == 0 )) || die 125 "this needs root; install by hand: apt-get install --no-install-recommends $*"
  mkdir -p "$cache"
  { apt_install "$@" || { apt-get update && apt_install "$@"; }; } >"$cache/apt.log" 2>&1 </dev/null ||
    { tail -n 20 "$cache/apt.log" >&2; die 125 "apt-get install failed: $*"; }
}

# download_packages FOLDER PACKAGE...: their files, without installing them.
download_packages() {
  local folder=$1 try; shift
  say "downloading $*"
  for try in 1 2; do
    # apt's sandbox user may not be able to write here: download as ourselves
    ( cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "$@" ) && return
    (( try == 1 )) || die 125 "cannot download $*"
    apt-get update -qq || die 125 "apt-get update failed (not root, or no network)"
  done
}

# The package lists may be absent, or old and name versions that the mirror has dropped: hence the second try above.
apt_install() {
  DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends "$@"
}

# Sets $compiler to a C compiler that can build a program here: clang comes with Swift.
need_compiler() {
  local candidate
  for candidate in clang cc; do
    compiles "$candidate" && { compiler=$candidate; return; }
  done
  install_packages gcc libc6-dev
  compiler=gcc
}

compiles() {
  command -v "$1" >/dev/null && printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' |
    "$1" -x c -o /dev/null - >/dev/null 2>&1
}
