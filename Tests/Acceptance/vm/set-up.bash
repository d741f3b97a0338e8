# Sourced by run-in-vm: builds the cache, once. Afterwards $kernel and $base name the guest's kernel and base image.
# Needs: host.bash.
# shellcheck shell=bash disable=SC2154

readonly image_layout=2               # raise when the base image's content changes
readonly guest_modules=(virtio_pci virtio_console vivid uvcvideo vhci_hcd)

need_host_tools() {
  [[ $(uname -m) == x86_64 ]] || die 125 "the guest is x86-64 and runs this machine's own programs; this is $(uname -m)"
  need_tools qemu-system-x86_64:qemu-system-x86 cpio:cpio depmod:kmod xz:xz-utils v4l2-ctl:v4l-utils
  # busybox must be the static build: its name in /bin is the same as the dynamic one's
  if ! [[ -x /bin/busybox ]] || ldd /bin/busybox >/dev/null 2>&1; then need_packages busybox-static; fi
}

# Downloads Debian's kernel package, without installing it, and unpacks it in the cache.
fetch_kernel() {
  local package=""
  rm -rf "$cache/kernel.new"; mkdir -p "$cache/kernel.new/deb"
  with_lists find_kernel
  download_packages "$cache/kernel.new/deb" "$package"
  dpkg-deb -x "$cache/kernel.new"/deb/*.deb "$cache/kernel.new/tree"
  printf '%s\n' "${package#linux-image-}" >"$cache/kernel.new/version"
  rm -rf "$cache/kernel.new/deb" "$cache/kernel"
  mv "$cache/kernel.new" "$cache/kernel"
}

# The boot image is an xz-packed ELF file behind a small loader. Unpacking it here spares the emulated CPU that
# work: QEMU starts the ELF file through its PVH entry. Offsets: Documentation/arch/x86/boot.rst.
unpack_kernel() {
  local image=$1 target=$2 sectors start length
  sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$image" | tr -d ' ')
  start=$(od -An -tu4 -j $((0x248)) -N 4 "$image" | tr -d ' ')
  length=$(od -An -tu4 -j $((0x24c)) -N 4 "$image" | tr -d ' ')
  (( sectors == 0 )) && sectors=4
  # xz stops with an error at the 4 bytes of size that follow the stream: judge by what came out
  tail -c +$(( (sectors + 1) * 512 + start + 1 )) "$image" | head -c "$length" |
    xz -dc --single-stream >"$target" 2>/dev/null || true
  is_elf "$target"
}

# Sets $package of the caller.
find_kernel() {
  package=$(apt-cache depends linux-image-amd64 2>/dev/null |
    sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)/\1/p' | head -n 1)
  [[ -n $package ]]
}

is_elf() { [[ $(head -c 4 "$1" | tr -d '\0') == $'\x7fELF' ]]; }

# Copies the libraries that the given programs need to the same paths under a root folder, leaving out those that
# lie inside the folder $2 already.
copy_libraries() {
  local root=$1 skip=$2 library; shift 2
  # ldd fails on a statically linked program, which needs nothing
  { ldd "$@" 2>/dev/null || true; } |
    awk '/=> \//{print $3} /^[[:space:]]*\// && $1 !~ /:$/ {print $1}' | sort -u |
    while read -r library; do
      [[ -n $skip && $(realpath "$library") == "$skip"/* || -e $root$library ]] && continue
      mkdir -p "$root${library%/*}"
      cp -L "$library" "$root$library"
    done
}

pack() { ( cd "$1" && find . -print0 | cpio --null -o -H newc --quiet --owner=0:0 ); }

build_base() {
  local version=$1 out=$2 root=$cache/base.new tree=$cache/kernel/tree module file
  rm -rf "$root"
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,etc,root,out,app,usr/bin,usr/lib/x86_64-linux-gnu}
  cp /bin/busybox "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  cp "$here/guest-init" "$root/init"
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"

  # the modules and all that they depend on
  depmod -b "$tree" "$version"
  for module in "${guest_modules[@]}"; do
    modprobe -d "$tree" -S "$version" --show-depends "$module" | awk '/^insmod/{print $2}'
  done | sort -u | while read -r file; do
    file=${file#"$tree"}
    mkdir -p "$root${file%/*}"; cp "$tree$file" "$root$file"
  done
  cp "$tree/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$version/"
  depmod -b "$root" "$version"

  # v4l2-ctl, and libv4l2 with the plugins that it opens by name
  cp "$(command -v v4l2-ctl)" "$root/usr/bin/"
  cp -r /usr/lib/x86_64-linux-gnu/libv4l "$root/usr/lib/x86_64-linux-gnu/"
  copy_libraries "$root" "" "$root"/usr/bin/v4l2-ctl "$root"/usr/lib/x86_64-linux-gnu/libv4l/plugins/*.so

  pack "$root" >"$out.new"
  mv "$out.new" "$out"
  rm -rf "$root"
}

set_up() {
  PATH=$PATH:/usr/sbin:/sbin           # depmod and modprobe
  mkdir -p "$cache"
  exec 9>"$cache/lock"; flock 9        # two runs at once share one set-up
  need_host_tools
  local version
  version=$(cat "$cache/kernel/version" 2>/dev/null || true)
  [[ -n $version ]] || { fetch_kernel; version=$(<"$cache/kernel/version"); }
  kernel=$cache/vmlinux-$version
  base=$cache/base-$version-$image_layout.cpio
  if [[ ! -s $kernel || ! -s $base ]]; then
    [[ -d $cache/kernel/tree/boot ]] || fetch_kernel
    version=$(<"$cache/kernel/version")
    kernel=$cache/vmlinux-$version
    base=$cache/base-$version-$image_layout.cpio
    unpack_kernel "$cache/kernel/tree/boot/vmlinuz-$version" "$kernel.new" ||
      cp "$cache/kernel/tree/boot/vmlinuz-$version" "$kernel.new"   # slower to boot, as good
    build_base "$version" "$base"
    mv "$kernel.new" "$kernel"
    rm -rf "$cache/kernel/tree"        # 400 MB that no run needs
  fi
  exec 9>&-
}
