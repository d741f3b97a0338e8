# Sourced by camera-vm: builds, once, the kernel modules that Debian ships as source only, for the guest's kernel.
# Needs: host.bash, and a cache that run-in-vm has set up.
# shellcheck shell=bash disable=SC2154

# Sets $modules to a folder with vimc.ko (a camera behind the media controller, of the kernel's own source) and
# v4l2loopback.ko (a camera that another program writes to). 30 s and 150 MB of download, for 200 kB that are kept.
build_modules() {
  local version headers source
  version=$(<"$cache/kernel/version")
  modules=$cache/modules-$version
  [[ ! -s $modules/vimc.ko || ! -s $modules/v4l2loopback.ko ]] || return 0
  if [[ ! -e /usr/src/linux-headers-$version/Makefile ]] && ! has_headers "$version"; then
    say "the mirror has a newer kernel than $version: taking that"
    rm -rf "$cache/kernel"
    "$here/run-in-vm" --set-up
    version=$(<"$cache/kernel/version")
    modules=$cache/modules-$version
  fi
  headers=/usr/src/linux-headers-$version
  say "building vimc and v4l2loopback for $version"
  need_tools make:make xz:xz-utils
  [[ -e $headers/Makefile ]] || need_packages "linux-headers-$version"
  source=$(mktemp -d "$cache/modules.XXXXXX")
  unpack_module_sources "$source"
  # The headers' configuration lacks what vimc's makefile asks for. Type information (BTF) needs the kernel itself.
  # shellcheck disable=SC2015
  make -s -C "$headers" M="$source/vimc" CONFIG_VIDEO_VIMC=m CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$cache/modules.log" 2>&1 &&
    make -s -C "$headers" M="$source/v4l2loopback" CONFIG_DEBUG_INFO_BTF_MODULES= modules >>"$cache/modules.log" 2>&1 ||
    { tail -n 20 "$cache/modules.log" >&2; die 125 "the modules do not build"; }
  mkdir -p "$modules"
  cp "$source"/{vimc/vimc,v4l2loopback/v4l2loopback}.ko "$modules/"
  strip --strip-debug "$modules"/*.ko
  rm -rf "$source"
}

# has_headers VERSION: apt can get that kernel's headers, perhaps after a look at the mirror.
has_headers() {
  apt-cache show "linux-headers-$1" >/dev/null 2>&1 ||
    { apt-get update -qq >/dev/null 2>&1; apt-cache show "linux-headers-$1" >/dev/null 2>&1; }
}

# The packages are unpacked, not installed: dkms would build for the kernel that runs here.
unpack_module_sources() {
  local folder=$1
  download_packages "$folder" linux-source-6.1 v4l2loopback-dkms
  dpkg-deb -x "$folder"/linux-source-*.deb "$folder/deb"
  dpkg-deb -x "$folder"/v4l2loopback-dkms_*.deb "$folder/deb"
  tar -xf "$folder"/deb/usr/src/linux-source-*.tar.xz -C "$folder" --strip-components=4 \
    --wildcards '*/drivers/media/test-drivers/vimc'
  mv "$folder"/deb/usr/src/v4l2loopback-* "$folder/v4l2loopback"
}
