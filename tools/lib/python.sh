# SPDX-License-Identifier: Apache-2.0
#
# What comes from PyPI: virtual environments from lock files, the botocore wheel, the runtimes.
# Sourced. Each grows beside its place and is renamed into it, stamped with the hash of what decided
# it: an interrupted set-up leaves no half environment, and an old one is made anew.

# The distribution's own, 3.11 or newer, for our tools and whatever has no compiled part.
system_python=/usr/bin/python3

lock_hash() { sha256sum "$@" | cut -d' ' -f1 | sha256sum | cut -d' ' -f1; }

# The lock files name packages compiled for CPython 3.11. Where the distribution has another, that one is fetched.
find_venv_python() {
  venv_python=$system_python
  [ "$("$system_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" != 3.11 ] || return 0
  runtime python-3.11 "CPython 3.11, which this distribution lacks"
  venv_python=$cache/runtimes/python-3.11/bin/python
}

# venv NAME LOCK [RUNTIME]: makes $cache/venvs/NAME, unless it stands already for this lock file. On the Python of a runtime
# that is made already, it has that runtime's packages too, but for those that the lock file names.
venv() {
  local folder=$cache/venvs/$1 lock=$2 base=${3:-} stamp
  stamp=$(lock_hash "$lock" ${base:+"$cache/runtimes/$base/.made"})
  [ "$(cat "$folder/.made" 2> /dev/null)" != "$stamp" ] || return 0
  step "venv-$1" "making the Python environment '$1'" make_venv "$folder" "$lock" "$stamp" "$base" ||
    python_failed "the Python environment '$1' could not be made"
}

make_venv() {
  local folder=$1 lock=$2 stamp=$3 base=$4 making=$1.making
  export TMPDIR=$cache/tmp PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_CACHE_DIR=$cache/pip
  unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_USER PIP_REQUIRE_VIRTUALENV
  mkdir -p "$cache/venvs" "$TMPDIR"
  rm -rf "$making"
  # A venv writes its own path into its programs, so those are started as `python -m`, which moves.
  local python=$venv_python more=()
  if [ -n "$base" ]; then python=$cache/runtimes/$base/bin/python more=(--system-site-packages --without-pip); fi
  "$python" -m venv "${more[@]}" "$making" || return 1
  "$making/bin/python" -m pip install --require-hashes --no-deps --only-binary :all: ${base:+--ignore-installed} \
    --progress-bar off -r "$lock" |
    awk '/^Collecting / { printf "progress: - %s\n", $2; fflush(); next } { print; fflush() }'
  [ "${PIPESTATUS[0]}" -eq 0 ] || return 1
  rm -rf "$folder.old"
  [ ! -e "$folder" ] || mv "$folder" "$folder.old"
  printf '%s\n' "$stamp" > "$making/.made"
  mv "$making" "$folder"
  rm -rf "$folder.old" "$PIP_CACHE_DIR"
}

python_failed() {
  why "$step_log" >&2
  if grep -qE 'DO NOT MATCH THE HASHES' "$step_log"; then
    die "$1: a package is not the one that was pinned" "Check PIP_INDEX_URL and your mirror; nothing was installed."
  elif grep -qE 'NewConnectionError|Name or service|Temporary failure in name|timed out|ProxyError|SSLError|No matching distribution' "$step_log"; then
    die "$1: PyPI could not be reached" "Check the network, or set HTTPS_PROXY or PIP_INDEX_URL to one that is; then run this again."
  fi
  die "$1; the whole output is in $step_log" "Mend what it names and run this again: it goes on where it stopped."
}

# fetch_botocore: the wheel whose service models the build turns into tables (codegen/botocore.lock).
fetch_botocore() {
  local file sha256
  file=$(pin file) sha256=$(pin sha256)
  botocore_wheel=$cache/wheels/$file
  [ ! -f "$botocore_wheel" ] || return 0
  step botocore "downloading $file (17 MB)" download_botocore "$file" "$sha256" ||
    python_failed "the service models could not be fetched"
}

pin() { sed -n "s/^$1 = //p" "$top/codegen/botocore.lock"; }

download_botocore() {
  local making=$cache/wheels.making
  export TMPDIR=$cache/tmp PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
  mkdir -p "$TMPDIR" "$cache/wheels"
  rm -rf "$making"
  mkdir -p "$making"
  printf '%s==%s --hash=sha256:%s\n' "$(pin name)" "$(pin version)" "$2" > "$making/lock"
  "$system_python" -m pip download -q --no-deps --no-cache-dir --require-hashes --only-binary :all: \
    --progress-bar off -d "$making" -r "$making/lock" || return 1
  mv "$making/$1" "$cache/wheels/$1"
  rm -rf "$making"
}

# fetch_vectors: the same version's source archive, whose tests of the protocols tests/vectors runs. pip reads a source
# archive's metadata by running its setup.py, for which it gets a setuptools of ours.
fetch_vectors() {
  local file=$cache/wheels/$(pin sdist_file)
  [ ! -f "$file" ] || return 0
  step vectors "downloading $(pin sdist_file) (17 MB)" download_vectors "$(pin sdist_file)" ||
    python_failed "the protocol tests could not be fetched"
}

download_vectors() {
  local making=$cache/vectors.making
  export TMPDIR=$cache/tmp PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
  mkdir -p "$TMPDIR" "$cache/wheels"
  rm -rf "$making"
  "$system_python" -m venv "$making/venv" || return 1
  "$making/venv/bin/python" -m pip install -q --no-deps --no-cache-dir --require-hashes --progress-bar off \
    -r "$top/tools/lib/setuptools.lock" || return 1
  printf '%s==%s --hash=sha256:%s\n' "$(pin name)" "$(pin version)" "$(pin sdist_sha256)" > "$making/lock"
  "$making/venv/bin/python" -m pip download -q --no-deps --no-cache-dir --require-hashes --no-binary :all: \
    --no-build-isolation --progress-bar off -d "$making" -r "$making/lock" || return 1
  mv "$making/$1" "$cache/wheels/$1"
  rm -rf "$making"
}

# tweets: $cache/data/Tweets.csv, by the runtime's pip, which fetches a source archive as it stands.
tweets() {
  local lock=$top/examples/tutorial/tweets.lock
  [ ! -f "$cache/data/Tweets.csv" ] || return 0
  step tweets "fetching 4,200 labelled tweets (2 MB)" make_tweets "$lock" ||
    python_failed "the tweets could not be fetched"
}

make_tweets() {
  local making=$cache/data.making
  export TMPDIR=$cache/tmp PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
  mkdir -p "$TMPDIR" "$cache/data"
  rm -rf "$making"
  mkdir -p "$making"
  "$cache/runtimes/tensorflow-1.15/bin/python" -m pip download -q --no-deps --no-cache-dir \
    --require-hashes --no-binary :all: --no-build-isolation --progress-bar off -d "$making" -r "$1" || return 1
  "$system_python" "$top/tools/lib/tweets.py" "$making/vaderSentiment-0.5.zip" "$making/Tweets.csv" || return 1
  mv "$making/Tweets.csv" "$cache/data/Tweets.csv"
  rm -rf "$making"
}

# runtime NAME TEXT: made by its own recipe, which is what the server calls on first use too.
runtime() {
  step "runtime-$1" "$2" "$top/runtimes/$1/make" "$cache/runtimes/$1" && return 0
  why "$step_log" >&2
  die "the runtime $1 could not be made; the whole output is in $step_log" \
    "Mend what it names and run this again: it goes on where it stopped."
}

runtime_is_made() { [ -f "$cache/runtimes/$1/.made" ]; }
