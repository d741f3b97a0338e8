# Sourced by compare-opencv: Debian's Python with OpenCV as a folder for the guest, without installing it here.
# Needs: host.bash.
# shellcheck shell=bash disable=SC2154

readonly opencv_layout=1               # raise when the folder's content changes

# Sets $opencv to the folder: bin, lib, libraries, version. Downloads some 230 MB, once, and keeps 400.
fetch_opencv() {
  opencv=$cache/opencv-$opencv_layout
  mkdir -p "$cache"
  exec 9>"$cache/opencv-lock"; flock 9
  [[ -e $opencv/version ]] || build_opencv
  exec 9>&-
}

build_opencv() {
  local new=$cache/opencv.new package
  rm -rf "$new"; mkdir -p "$new"/{deb,tree,folder}
  download_opencv "$new/deb"
  for package in "$new"/deb/*.deb; do dpkg-deb -x "$package" "$new/tree"; done
  fill_opencv "$new/tree" "$new/folder"
  dpkg-deb -f "$new"/deb/python3-opencv_*.deb Version >"$new/folder/version"
  mv "$new/folder" "$opencv"
  rm -rf "$new"
}

# Everything that python3-opencv needs, whatever is installed here; the C library is the guest's own.
download_opencv() {
  local status; status=$(mktemp)
  with_lists download_opencv_now "$1" "$status"
  rm -f "$status"
}
download_opencv_now() {
  local names
  names=$(apt-get install -s --no-install-recommends -o Dir::State::status="$2" python3-opencv 2>/dev/null |
    awk '/^Inst/ && $2 != "libc6" { print $2 }')
  [[ -n $names ]] || return 1
  say "downloading python3-opencv and what it needs: $(wc -l <<<"$names") packages"
  # shellcheck disable=SC2086
  download_now "$1" $names
}

# Of all that, Python's and NumPy's own files, OpenCV's module, and the libraries that these load.
fill_opencv() {
  local tree=$1 folder=$2 packages=$2/lib/python3/dist-packages path="" place library
  mkdir -p "$folder/bin" "$packages" "$folder/libraries"
  cp "$tree/usr/bin/python3.11" "$folder/bin/"
  cp -r "$tree/usr/lib/python3.11" "$folder/lib/"
  cp -r "$tree/usr/lib/python3/dist-packages/numpy" "$packages/"
  cp "$tree"/usr/lib/python3/dist-packages/cv2*.so "$packages/"
  find "$folder/lib" -depth -type d \( -name test -o -name tests -o -name idlelib -o -name lib2to3 \
    -o -name 'config-3*' \) -exec rm -rf {} +
  # BLAS and LAPACK lie in folders of their own, for the administrator to choose among
  for place in /usr/lib/x86_64-linux-gnu{,/blas,/lapack,/pulseaudio} /lib/x86_64-linux-gnu /usr/lib; do
    path+=${path:+:}$tree$place
  done
  find "$folder" -type f \( -name '*.so' -o -name python3.11 \) -print0 |
    LD_LIBRARY_PATH=$path xargs -0 ldd 2>/dev/null | awk '/=> \//{print $3}' | sort -u | grep "^$tree/" |
    while read -r library; do cp -L "$library" "$folder/libraries/"; done
  if LD_LIBRARY_PATH=$folder/libraries ldd "$packages"/cv2*.so | grep 'not found' >&2; then
    die 125 "OpenCV lacks libraries"
  fi
}
