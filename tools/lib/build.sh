# SPDX-License-Identifier: Apache-2.0
#
# Configures and compiles a CMake preset. Sourced.

# One compiler takes up to 1.2 GB on our largest files.
compile_jobs() {
  local memory_mb jobs
  memory_mb=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
  jobs=$(nproc)
  [ $((memory_mb / 1200)) -ge "$jobs" ] || jobs=$((memory_mb / 1200))
  printf '%s' $((jobs < 1 ? 1 : jobs))
}

# compile PRESET TEXT CMAKE_ARGUMENT...
compile() {
  local preset=$1 text=$2
  shift 2
  step "build-$preset" "$text" configure_and_compile "$preset" "$@" && return 0
  why "$step_log" >&2
  die "the build failed; the whole output is in $step_log" \
    "If memory ran out ('Killed'), use fewer compilers: JOBS=1 make ..."
}

configure_and_compile() {
  local preset=$1 wanted
  shift
  wanted="$(sha256sum "$top/CMakePresets.json") $botocore_wheel $boost_include $*"
  # Configured anew only when what it was configured with changed; ninja sees to the rest.
  if [ "$(cat "$top/build/$preset/.configured" 2> /dev/null)" != "$wanted" ] || [ ! -f "$top/build/$preset/build.ninja" ]; then
    printf 'progress: - configuring\n'
    mkdir -p "$top/build/$preset"
    (
      exec 9> "$top/build/.lock"  # tools/build's lock: one build of this checkout at a time
      flock 9
      cd "$top" && cmake --preset "$preset" -DSAGEBRUSH_BOTOCORE_WHEEL="$botocore_wheel" \
        -DSAGEBRUSH_BOOST_INCLUDE="$boost_include" "$@"
    ) || return 1
    printf '%s\n' "$wanted" > "$top/build/$preset/.configured"
  fi
  CCACHE_DIR=$cache/ccache JOBS=${JOBS:-$(compile_jobs)} PRESET=$preset "$top/tools/build"
}
