#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh MAILWAKE FLEET: a server under a fleet whose heartbeats are short, for MINUTES (default 30). Looks at the server's resident memory
# and open files every SAMPLE seconds (default 10), and prints how they grow. Exits with 1 if, after the first third, memory grows by more
# than 2 % an hour and 1 MB, if files are left open, or if the fleet finds a fault.
#
#   MINUTES=30 tests/crash/soak.sh build/release/bin/mailwake build/release/bin/mailwake-fleet
set -euo pipefail
mailwake=$1
fleet=$2
minutes=${MINUTES:-30}
sample=${SAMPLE:-10}
devices=${DEVICES:-500}
dir=$(mktemp -d)
. "$(dirname "$0")/server.sh"

make_accounts "$devices" 2
cat >"$dir/mailwake.toml" <<TOML
listen = "127.0.0.1:0"
store = "sqlite:$dir/store.db"
ingest_token_file = "$dir/token"
heartbeat.min_s = 1
TOML
start --config "$dir/mailwake.toml"

"$fleet" --server "$url" --token-file "$dir/token" --insecure --devices "$devices" --devices-per-mailbox 2 --heartbeat 15 \
  --heartbeat-min 10 --heartbeat-max 40 --seconds "$((minutes * 60))" --rate 60 --json --quiet >"$dir/result.json" 2>"$dir/fleet.log" &
phones=$!
began=$SECONDS
while kill -0 "$phones" 2>/dev/null; do
  sleep "$sample"
  kill -0 "$phones" 2>/dev/null || break
  memory=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server/status")
  files=$(find "/proc/$server/fd" -mindepth 1 | wc -l)
  echo "$((SECONDS - began)) $memory $files" >>"$dir/samples"
  [ ! -t 1 ] || printf '\r%s s: %s kB, %s files ' "$((SECONDS - began))" "$memory" "$files"
done
wait "$phones" || { cat "$dir/result.json" >&2; fail 'the fleet found faults'; }
[ ! -t 1 ] || echo

# The line of least squares through what came after the first third.
awk -v end="$((minutes * 60))" '
  $1 > end / 3 && $1 < end { n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2; if (n == 1) first = $3; last = $3; mean += $2 }
  END {
    if (n < 3) { print "too few samples"; exit 1 }
    slope = (n * xy - x * y) / (n * xx - x * x) * 3600
    printf "memory %.0f kB, growing by %.0f kB an hour; files %d, then %d; %d samples\n", mean / n, slope, first, last, n
    exit slope > 1024 && slope > 0.02 * mean / n || last > first + 5
  }' "$dir/samples" || fail 'it does not stay flat'
kill "$server"
wait "$server" || fail 'the server did not drain'
echo "ok: $(cat "$dir/result.json")"
