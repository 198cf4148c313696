# SPDX-License-Identifier: Apache-2.0
#
# How the tools talk: sourced. `step` runs one long command with its output in a log file and shows
# one line that lives: elapsed seconds and what happens. On a terminal the line is rewritten, and
# elsewhere (CI) a new one appears about every ten seconds.
#
# The trick: the command runs in a process group of its own, so that Ctrl-C and a failure end all of
# it, and what it is doing is read from its log: the last `progress: <percent or -> <text>` line, or
# what apt and ninja tell.

log_dir=$top/build/logs
step_group=
if [ -t 1 ]; then on_terminal=1; else on_terminal=; fi

say() { printf '%s\n' "$*"; }

die() {  # die WHAT_HAPPENED WHAT_TO_DO...
  printf '\nsagebrush: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 1
}

stop_step() {
  [ -n "$step_group" ] || return 0
  kill -TERM -- "-$step_group" 2>/dev/null || true
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 -- "-$step_group" 2>/dev/null || { step_group=; return 0; }
    sleep 0.2
  done
  kill -KILL -- "-$step_group" 2>/dev/null || true
  step_group=
}
trap 'stop_step; [ -z "$on_terminal" ] || printf "\n"; say "stopped: run the same command again, it goes on where it stopped" >&2; exit 130' INT
trap 'stop_step; exit 143' TERM HUP

# doing LOG: what the command says it is doing.
doing() {
  tail -n 40 "$1" 2>/dev/null | tr '\r' '\n' | awk '
    /^progress: / { $1 = ""; percent = $2; $2 = ""; sub(/^ +/, "")
                    now = (percent == "-" ? "" : percent " % ") $0 }
    /^(Get:[0-9]+ |Unpacking |Setting up )/ {
      now = ($1 ~ /^Get/ ? "downloading " $5 : $1 == "Unpacking" ? "unpacking " $2 : "setting up " $3) }
    /^\[[0-9]+\/[0-9]+\] / { now = $1 " " $2 " " $3 " " $NF
                            sub(/CMakeFiles\/[^ ]*\.dir\//, "", now); sub(/\.o$/, "", now) }
    END { print substr(now, 1, 70) }'
}

# step NAME TEXT COMMAND...: returns what the command returned, with its log in $step_log.
step() {
  local name=$1 text=$2 start=$SECONDS shown=-1 width=79 pid now rc=0
  shift 2
  [ -z "$on_terminal" ] || width=$(stty size < /dev/tty 2> /dev/null | awk '{ print ($2 > 20 ? $2 - 1 : 79) }')
  mkdir -p "$log_dir"
  step_log=$log_dir/$name.log
  set -m
  "$@" > "$step_log" 2>&1 < /dev/null &
  pid=$!
  set +m
  step_group=$pid
  [ -n "$on_terminal" ] || say "  .. $text"
  while kill -0 "$pid" 2>/dev/null; do
    now=$((SECONDS - start))
    if [ -n "$on_terminal" ]; then
      printf '\r\033[K%.*s' "${width:-79}" "$(printf '  %4d s  %s  %s' "$now" "$text" "$(doing "$step_log")")"
    elif [ $((now / 10)) -gt $((shown < 0 ? 0 : shown / 10)) ]; then
      say "  $(printf '%4d s' "$now")  $text  $(doing "$step_log")"
      shown=$now
    fi
    sleep 0.3
  done
  wait "$pid" || rc=$?
  step_group=
  [ -z "$on_terminal" ] || printf '\r\033[K'
  if [ "$rc" -eq 0 ]; then
    printf '  ok %4d s  %s\n' $((SECONDS - start)) "$text"
  else
    printf '  FAILED after %d s: %s\n' $((SECONDS - start)) "$text" >&2
  fi
  return "$rc"
}

# why LOG: the lines of a log that tell what went wrong.
why() {
  { grep -aE '^(error|E|ERROR|fatal|FAILED|CMake Error|ninja)\b.*|error:' "$1" || grep -av '^WARNING: Retrying' "$1"; } |
    tail -n 12
}
