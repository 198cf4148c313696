# SPDX-License-Identifier: Apache-2.0
#
# What every runtime's `make` script shares: sourced, never run. A make script is called as
#     make TARGET_FOLDER
# by tools/setup and by the server on first use, and says how far it is in lines for machines:
#     progress: <percent or -> <text>
# A failure is `error: <what happened, and what to do>` on stderr and a non-zero exit.
#
# The trick: everything grows in TARGET.making and is renamed at the end, so a reader of TARGET sees
# a whole runtime or none. A lock file lets one maker work while others wait for its result. What
# was downloaded is kept until the runtime stands, so an interrupted make goes on where it stopped.

set -eu
umask 022
# Settings of the caller's own Python and pip that would change what is made here.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE PYTHONPYCACHEPREFIX PYTHONOPTIMIZE
unset PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER PIP_REQUIRE_VIRTUALENV PIP_REQUIREMENT PIP_CONSTRAINT
unset PIP_NO_BINARY PIP_ONLY_BINARY PIP_REPORT PIP_DRY_RUN PIP_NO_INDEX PIP_LOG PIP_QUIET PIP_VERBOSE
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PYTHONNOUSERSITE=1

recipe_dir=$(cd "$(dirname "$0")" && pwd)
recipe_name=$(basename "$recipe_dir")
recipes_dir=$(dirname "$recipe_dir")

progress() { printf 'progress: %s %s\n' "$1" "$2"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

need() {  # need PROGRAM DEBIAN_PACKAGE
  command -v "$1" >/dev/null 2>&1 && return 0
  fail "'$1' is missing and $recipe_name is made with it; install it: apt-get install $2"
}

# The hash of what decides what is made: the recipe's own files.
recipe_hash() {
  (cd "$recipe_dir" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
}

is_made() { [ -f "$target/.made" ] && [ "$(cat "$target/.made")" = "$stamp" ]; }

check_sha256() { [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]; }

# begin TARGET MEGABYTES: sets target, making and downloads, waits for another maker, or ends the
# script at once when the runtime stands already.
begin() {
  [ $# -eq 2 ] && [ -n "$1" ] || fail "usage: $0 TARGET_FOLDER"
  local parent free
  mkdir -p "$(dirname "$1")" || fail "cannot make $(dirname "$1"): choose a folder you may write"
  parent=$(cd "$(dirname "$1")" && pwd)
  target=$parent/$(basename "$1")
  making=$target.making
  downloads=$parent/.downloads/$recipe_name
  stamp=$(recipe_hash)
  if is_made; then progress 100 "$recipe_name is ready"; exit 0; fi

  exec 9>"$target.lock" || fail "cannot write $target.lock: choose a folder you may write"
  if ! flock -n 9; then
    progress - "waiting for another process that makes $recipe_name"
    flock 9
    if is_made; then progress 100 "$recipe_name is ready"; exit 0; fi
  fi
  free=$(df -Pm "$parent" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$2" ] ||
    fail "$recipe_name needs $2 MB in $parent and $free MB are free; free some, or choose another cache folder (SAGEBRUSH_CACHE)"
  rm -rf "$making"
  mkdir -p "$making" "$downloads/tmp"
  # pip unpacks hundreds of megabytes in its temporary folder: not in a /tmp that may be small.
  export TMPDIR=$downloads/tmp
}

# finish: the one moment when the runtime appears.
finish() {
  progress 97 "putting $recipe_name in place"
  chmod -R a+rX "$making"
  printf '%s\n' "$stamp" > "$making/.made"
  sync -f "$making"
  # One of an older recipe steps aside and stays until the next time: jobs may be running from it.
  rm -rf "$target.old"
  [ ! -e "$target" ] || mv "$target" "$target.old"
  mv "$making" "$target"
  rm -rf "$downloads"
  rmdir "$(dirname "$downloads")" 2>/dev/null || true  # other makers may be at work
  progress 100 "$recipe_name is ready"
}

# fetch_locked PYTHON LOCK FROM TO: downloads what the lock file names into $downloads, checks each
# hash, and turns pip's chatter into progress between FROM and TO percent.
fetch_locked() {
  local python=$1 lock=$2 from=$3 to=$4 count log=$downloads/pip.log
  count=$(grep -c '^[A-Za-z0-9]' "$lock")
  "$python" -m pip download --no-deps --require-hashes --no-build-isolation --progress-bar off \
    --no-cache-dir --exists-action i -d "$downloads" -r "$lock" 2>&1 | tee "$log" |
    awk -v count="$count" -v from="$from" -v to="$to" '
      /^Collecting / { ++seen; name = $2; sub(/==.*/, "", name) }
      /^ *Downloading / { size = $NF; gsub(/[()]/, "", size)
        unit = $(NF - 1); gsub(/[()]/, "", unit)
        printf "progress: %d downloading %s (%s %s)\n", from + (to - from) * seen / count, name, unit, size
        fflush() }'
  # awk ends with 0 whatever pip did: pip says Successfully only when every file is there.
  grep -q '^Successfully downloaded' "$log" || fail_pip "$log"
}

# watch_growth MEGABYTES FROM TO TEXT: while the command before it in $! runs, tells how far the
# downloads have grown. Returns what the command returned.
watch_growth() {
  local pid=$! size now shown=
  while kill -0 "$pid" 2>/dev/null; do
    size=$(du -sm "$downloads" 2>/dev/null | cut -f1)
    now=$(($2 + ($3 - $2) * (size < $1 ? size : $1) / $1))
    [ "$now" = "$shown" ] || progress "$now" "$4"
    shown=$now
    sleep 2
  done
  wait "$pid"
}

fail_pip() {  # says what pip said, and what it means
  grep -iE 'error|hash|expected|got ' "$1" | grep -v '^WARNING: Retrying' | tail -n 5 >&2 || true
  if grep -qE 'DO NOT MATCH THE HASHES' "$1"; then
    fail "a package is not the one that was pinned (see above); nothing was installed. Check PIP_INDEX_URL and your mirror"
  elif grep -qE 'NewConnectionError|Name or service|Temporary failure in name|timed out|ProxyError|SSLError|No matching distribution' "$1"; then
    fail "the Python packages could not be downloaded. Check the network, or set HTTPS_PROXY or PIP_INDEX_URL to one that is reachable, and run this again: it goes on where it stopped"
  fi
  fail "pip failed; its output is in $1"
}

# install_locked PYTHON LOCK: installs what fetch_locked brought, offline, exactly as locked.
install_locked() {
  local log=$downloads/install.log
  "$1" -m pip install --no-deps --require-hashes --no-build-isolation --no-index --no-compile \
    --no-warn-script-location --progress-bar off --no-cache-dir --find-links "$downloads" \
    -r "$2" > "$log" 2>&1 || fail_pip "$log"
}
