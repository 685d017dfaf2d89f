#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run_figures.sh RUN: the last line of run.sh counts the devices that were there.
set -euo pipefail
function_text=$(sed -n '/^figures() {$/,/^}$/p' "$1")
[ -n "$function_text" ] || { echo "no figures in $1" >&2; exit 1; }
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
mkdir var
devices=1000
eval "$function_text"

expect() {  # CONNECTED LINE
  echo "{\"devices\":1000,\"connected\":$1,\"changes\":7,\"wakes_expected\":3,\"wakes\":3,\"missed\":0,\"foreign\":0,\"latency_ms\":{\"p50\":1.5,\"p90\":2,\"p99\":2.5}}" >var/fleet.json
  figures
  [ "$summary" = "$2" ] || { echo "$1 connected: '$summary' instead of '$2'" >&2; exit 1; }
}
rest='7 changes, 3 wakes, 0 missed, 0 foreign, p50 1.5 ms, p99 2.5 ms'
expect 1000 "demo: 1000 devices, $rest"
expect 997 "demo: 997 of 1000 devices, $rest"
: >var/fleet.json
figures
[[ $summary == 'demo: 0 of 1000 devices, '* ]] || { echo "no result: '$summary'" >&2; exit 1; }
echo ok
