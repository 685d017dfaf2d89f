#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh MAILWAKE FLEET: a server under a fleet whose heartbeats are short, for MINUTES (default 30), while other fleets of GUESTS devices
# (default 150; 0: none) come, stay a quarter of a minute and go. In the first quarter each has accounts and devices that were never there
# before, until what is kept by account within limits (SQLite's pages, verified passwords) is there; then they come again, and what is not
# given back shows.
#
# Looks at the server's resident memory and open files every SAMPLE seconds (default 10), and prints how they grow. The mailboxes that the
# engine keeps for those who may come again do not count (mailwake_memory_bytes in /metrics; 16 MiB at most). Exits with 1 if, after the
# first third, the rest grows by more than 2 % an hour and 1 MB (in 10 minutes or more: before, it has not settled), if files are left open,
# or if a fleet finds a fault.
#
#   MINUTES=30 tests/crash/soak.sh build/release/bin/mailwake build/release/bin/mailwake-fleet
set -euo pipefail
mailwake=$1
fleet=$2
minutes=${MINUTES:-30}
sample=${SAMPLE:-10}
devices=${DEVICES:-500}
guests=${GUESTS:-150}
dir=$(mktemp -d)
. "$(dirname "$0")/server.sh"

# Accounts of the fleet that stays, and of as many guests as can come.
make_accounts "$devices" 2
if [ "$guests" -gt 0 ]; then
  accounts=$((guests * (minutes > 4 ? minutes : 4)))
  "$fleet" --devices "$accounts" --first-mailbox "$((devices + 1))" --print-passwd >"$dir/guests"
  "$mailwake" user import "$dir/guests" --store "sqlite:$dir/store.db" >>"$dir/import.log" 2>&1 ||
    fail "the guests' accounts were not imported"
fi
cat >"$dir/mailwake.toml" <<TOML
listen = "127.0.0.1:0"
store = "sqlite:$dir/store.db"
ingest_token_file = "$dir/token"
heartbeat.min_s = 1
limits.memory_mib = 16
TOML
start --config "$dir/mailwake.toml"

# run NAME ARGUMENTS: a fleet, until it has ended; its result in $dir/NAME.json.
run() {
  local name=$1
  shift
  "$fleet" --server "$url" --token-file "$dir/token" --insecure --json --quiet "$@" >"$dir/$name.json" 2>"$dir/$name.log"
}

began=$SECONDS
run result --devices "$devices" --devices-per-mailbox 2 --heartbeat 15 --heartbeat-min 10 --heartbeat-max 40 \
  --seconds "$((minutes * 60))" --rate 60 --grace 30 &
phones=$!
receive() { # one fleet of guests after the other
  local came=0
  while kill -0 "$phones" 2>/dev/null; do
    run guests --devices "$guests" --first-mailbox "$((devices + 1 + came % accounts))" --heartbeat 5 --heartbeat-min 2 --heartbeat-max 10 \
      --seconds 8 --rate 40 --grace 30 || { cp "$dir/guests.json" "$dir/fault.json"; return 1; }
    came=$((came + guests))
    echo "$came" >"$dir/came"
  done
}
if [ "$guests" -gt 0 ]; then
  receive &
  receiving=$!
fi
while kill -0 "$phones" 2>/dev/null; do
  sleep "$sample"
  kill -0 "$phones" 2>/dev/null || break
  memory=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server/status")
  kept=$(curl -ksS -m 10 -H "Authorization: Bearer $(cat "$dir/token")" "$url/metrics" | sed -n 's/^mailwake_memory_bytes //p') ||
    fail 'no metrics'
  memory=$((memory - $(printf '%.0f' "$kept") / 1024))
  files=$(find "/proc/$server/fd" -mindepth 1 | wc -l)
  echo "$((SECONDS - began)) $memory $files" >>"$dir/samples"
  [ ! -t 1 ] || printf '\r%s s: %s kB, %s files ' "$((SECONDS - began))" "$memory" "$files"
done
wait "$phones" || { cat "$dir/result.json" >&2; fail 'the fleet found faults'; }
[ ! -t 1 ] || echo
if [ "$guests" -gt 0 ]; then
  wait "$receiving" || { cat "$dir/fault.json" >&2; fail 'the fleet of guests found faults'; }
  echo "$(cat "$dir/came") guests came and went"
fi

# The line of least squares through what came after the first third. Guests' connections come and go: the fewest files of the first and of
# the last samples are compared.
awk -v end="$((minutes * 60))" -v rule="$((minutes >= 10))" '
  $1 > end / 3 && $1 < end { n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2; files[n] = $3 }
  function fewest(from, to,   i, least) {
    least = files[from]
    for (i = from; i <= to; i++) if (files[i] < least) least = files[i]
    return least
  }
  END {
    if (n < 3) { print "too few samples"; exit 1 }
    slope = (n * xy - x * y) / (n * xx - x * x) * 3600
    part = int((n + 2) / 3)
    first = fewest(1, part); last = fewest(n - part + 1, n)
    printf "memory %.0f kB, growing by %.0f kB an hour; files %d, then %d; %d samples\n", y / n, slope, first, last, n
    exit (rule && slope > 1024 && slope > 0.02 * y / n) || last > first + 5
  }' "$dir/samples" || fail 'it does not stay flat'
kill "$server"
wait "$server" || fail 'the server did not drain'
echo "ok: $(cat "$dir/result.json")"
