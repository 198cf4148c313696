# SPDX-License-Identifier: Apache-2.0
#
# The AWS SDK for JavaScript, for the acceptance tests, where this machine has Node.js 18 or newer with npm: nothing else
# needs them, so they are not installed for it. Sourced.

node_is_here() {
  command -v npm > /dev/null && [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 18' 2> /dev/null)" = true ]
}

# node_packages FOLDER: makes $cache/node, unless it stands already for FOLDER's lock file, which has every package's hash.
node_packages() {
  local stamp
  if ! node_is_here; then
    say "no Node.js 18 with npm here: its tests will be skipped"
    return 0
  fi
  stamp=$(lock_hash "$1/package-lock.json")
  [ "$(cat "$cache/node/.made" 2> /dev/null)" != "$stamp" ] || return 0
  step node "fetching 90 packages of the AWS SDK for JavaScript (38 MB)" make_node_packages "$1" "$stamp" && return 0
  why "$step_log" >&2
  die "the AWS SDK for JavaScript could not be fetched; the whole output is in $step_log" \
    "Check the network or npm's own settings (npm config get registry), and run this again."
}

make_node_packages() {
  local making=$cache/node.making
  rm -rf "$making"
  mkdir -p "$making"
  cp "$1/package.json" "$1/package-lock.json" "$making/"
  (cd "$making" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --cache "$making/.npm") || return 1
  rm -rf "$making/.npm" "$cache/node"
  printf '%s\n' "$2" > "$making/.made"
  mv "$making" "$cache/node"
}
