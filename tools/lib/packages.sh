# SPDX-License-Identifier: Apache-2.0
#
# Debian packages: one apt line for those that are missing, and none when all are there. Sourced.

packages=(
  g++ cmake ninja-build ccache mold pkg-config
  libssl-dev libsqlite3-dev libsimdjson-dev libpugixml-dev libfmt-dev libcli11-dev
  libarchive-dev zlib1g-dev libpcre2-dev libre2-dev libprotozero-dev libjemalloc-dev libgtest-dev libgmock-dev
  python3 python3-venv bubblewrap maven unzip ca-certificates
)

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

# boost_package: headers of 1.81 or newer. Debian 12 has 1.81 under a name of its own; the others' plain one is 1.83.
boost_package() { case $machine_name in 'debian 12') echo libboost1.81-dev ;; *) echo libboost-dev ;; esac; }

# find_missing: fills missing; libboost1.81-dev is none of them where 1.74 stands in its way.
find_missing() {
  local package
  missing=()
  packages+=("$(boost_package)")
  command -v dpkg-query > /dev/null 2>&1 || return 0  # SAGEBRUSH_ANY_DISTRIBUTION: the user's own business
  for package in "${packages[@]}"; do
    if [ "$package" = libboost1.81-dev ] && is_installed libboost1.74-dev; then continue; fi
    is_installed "$package" || missing+=("$package")
  done
}

install_missing() {
  [ "${#missing[@]}" -gt 0 ] || return 0
  become_root "${missing[@]}"
  say "  apt-get install ${missing[*]}"
  step apt "installing ${#missing[@]} Debian packages" run_apt || {
    why "$step_log" >&2
    if grep -qE 'Could not get lock|Unable to acquire' "$step_log"; then
      die "another program is using apt" "Wait until it is done and run this again."
    elif grep -qE 'Temporary failure|Could not resolve|Failed to fetch|Unable to locate|no installation candidate|Could not connect' "$step_log"; then
      die "apt could not fetch the packages" \
        "Check the network, the proxy (http_proxy, /etc/apt/apt.conf.d) and /etc/apt/sources.list; then run this again."
    fi
    die "apt-get install failed; its output is in $step_log" \
      "Try it by hand: sudo apt-get install ${missing[*]}"
  }
}

run_apt() {
  # A mirror that fails is told by the install: the lists at hand may be good enough.
  printf 'progress: - reading the package lists\n'
  "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=120 update || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
    -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}"
}

# find_boost: sets boost_include to what CMake must be told, empty where the system's headers do.
# libboost1.81-dev conflicts with 1.74's, and we use headers only: so they are unpacked beside.
find_boost() {
  boost_include=
  [ "$(boost_package)" = libboost1.81-dev ] || return 0
  is_installed libboost1.81-dev && return 0
  is_installed libboost1.74-dev || return 0
  boost_include=$top/build/boost-1.81/usr/include
  [ ! -f "$boost_include/boost/version.hpp" ] || return 0
  step boost "unpacking Boost 1.81's headers into build/ (1.74 is installed and stays)" unpack_boost || {
    why "$step_log" >&2
    die "libboost1.81-dev could not be downloaded" "Run: sudo apt-get update    and then this again."
  }
}

unpack_boost() {
  rm -rf "$top/build/boost.making"
  mkdir -p "$top/build/boost.making"
  (cd "$top/build/boost.making" && apt-get download libboost1.81-dev && dpkg -x libboost1.81-dev_*.deb . && rm ./*.deb)
  rm -rf "$top/build/boost-1.81"
  mv "$top/build/boost.making" "$top/build/boost-1.81"
}
