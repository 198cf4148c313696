# SPDX-License-Identifier: Apache-2.0
#
# What the set-up needs of the machine, looked at before anything is changed: sourced.
# Every refusal says what to do.

check_distribution() {
  local id= version=
  if [ -r "${os_release:=/etc/os-release}" ]; then
    id=$(. "$os_release" && printf '%s' "${ID:-}")
    version=$(. "$os_release" && printf '%s' "${VERSION_ID:-}")
  fi
  machine_name="${id:-unknown system} ${version:-}"
  case $machine_name in 'debian 12' | 'debian 13' | 'ubuntu 24.04') return 0 ;; esac
  [ -z "${SAGEBRUSH_ANY_DISTRIBUTION:-}" ] || { say "  note: $machine_name is neither Debian 12 or 13 nor Ubuntu 24.04; going on as you asked"; return 0; }
  die "this machine runs $machine_name, and Sagebrush is set up on Debian 12 and 13 and Ubuntu 24.04" \
    "Use a machine or virtual machine with one of these (x86-64)." \
    "To try it here all the same, install the packages of tools/lib/packages.sh by hand and set SAGEBRUSH_ANY_DISTRIBUTION=1."
}

check_architecture() {
  local machine
  machine=$(uname -m)
  [ "$machine" = x86_64 ] ||
    die "this machine is $machine, and TensorFlow 1.15.5 exists for x86-64 only" "Use an x86-64 machine."
  grep -qw avx /proc/cpuinfo ||
    die "this processor has no AVX, and TensorFlow's packages need it" \
      "In a virtual machine, give it the host's processor model (QEMU: -cpu host)."
}

# become_root: sets as_root to what stands before a command that needs root, or says why not.
become_root() {
  as_root=()
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo > /dev/null 2>&1 ||
    die "packages are missing, you are not root and there is no sudo" \
      "As root, run: apt-get install $*" "Then run this again as yourself."
  # Here, in the foreground, is where sudo may ask for the password.
  if [ -t 0 ]; then sudo -v; else sudo -n true 2> /dev/null; fi ||
    die "packages are missing and sudo was refused" \
      "Have an administrator run: apt-get install $*" "Then run this again."
  as_root=(sudo -n)
}

# free_megabytes FOLDER: of the file system it is on, or will be on.
free_megabytes() {
  local folder=$1
  while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
  df -Pm "$folder" | awk 'NR == 2 { print $4 }'
}

same_file_system() {
  local a=$1 b=$2
  while [ ! -e "$a" ]; do a=$(dirname "$a"); done
  while [ ! -e "$b" ]; do b=$(dirname "$b"); done
  [ "$(stat -c %d "$a")" = "$(stat -c %d "$b")" ]
}

gigabytes() { awk -v m="$1" 'BEGIN { printf "%.1f GB", m / 1000 }'; }

# check_disk CACHE_MB BUILD_MB SYSTEM_MB: says what will be used, and stops where it is not there.
check_disk() {
  local cache_mb=$1 build_mb=$2 system_mb=$3 need_cache need_build need_system
  if [ $((cache_mb + build_mb + system_mb)) -gt 0 ]; then
    say "  will use up to $(gigabytes "$cache_mb") in $cache, $(gigabytes "$build_mb") in $top/build, $(gigabytes "$system_mb") for Debian packages"
  fi
  need_cache=$cache_mb need_build=$build_mb need_system=$system_mb
  # What lies on one file system is asked of it together.
  if same_file_system "$cache" "$top"; then need_build=$((build_mb + cache_mb)) need_cache=$need_build; fi
  if same_file_system "$top" /usr; then
    need_build=$((need_build + system_mb)) need_system=$need_build
    if same_file_system "$cache" "$top"; then need_cache=$need_build; fi
  elif same_file_system "$cache" /usr; then
    need_cache=$((need_cache + system_mb)) need_system=$need_cache
  fi
  enough "$cache" "$need_cache" "Free some, or choose another folder: SAGEBRUSH_CACHE=/path make ..."
  enough "$top/build" "$need_build" "Free some, or put the checkout on a larger disk."
  enough /usr "$need_system" "Free some: the missing Debian packages go there."
}

enough() {
  local free
  free=$(free_megabytes "$1")
  [ "$free" -ge "$2" ] || die "too little disk for $1: $(gigabytes "$2") are needed and $(gigabytes "$free") are free" "$3"
}

check_writable() {
  mkdir -p "$cache" 2> /dev/null && [ -w "$cache" ] ||
    die "the cache folder $cache cannot be written" "Choose another: SAGEBRUSH_CACHE=/path make ..."
  mkdir -p "$top/build" 2> /dev/null && [ -w "$top/build" ] ||
    die "$top/build cannot be written" "Make it yours: sudo chown -R \$(id -un) $top/build"
}
