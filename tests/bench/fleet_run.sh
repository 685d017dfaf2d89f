#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fleet_run.sh MAILWAKE FLEET: a small fleet against a real server; every wake that is due comes, and no other.
set -euo pipefail
mailwake=$1
fleet=$2
dir=$(mktemp -d)
. "$(dirname "$0")/../crash/server.sh"

make_accounts 60 2
[ "$(wc -l <"$dir/passwd")" = 30 ] || fail "--print-passwd prints a line for each mailbox"
start --listen 127.0.0.1:0 --store "sqlite:$dir/store.db" --ingest-token-file "$dir/token"

# Everything right: exit code 0, and the numbers say so.
"$fleet" --server "$url" --token-file "$dir/token" --insecure --server-pid "$server" --devices 60 --devices-per-mailbox 2 --seconds 4 --rate 60 \
  --json --quiet > "$dir/result.json" 2> "$dir/fleet.log" || fail "the run found faults"
grep -q '^{"devices":60,"connected":60,.*"missed":0,"foreign":0,.*"server_rss_per_ping_bytes":[0-9]' "$dir/result.json" || fail "$(cat "$dir/result.json")"
grep -q '"wakes":0,' "$dir/result.json" && fail "nobody was woken: $(cat "$dir/result.json")"

# A wrong password and a wrong token are said plainly, and are not exit code 0 or 1.
code=0
"$fleet" --server "$url" --token-file "$dir/token" --insecure --devices 2 --seconds 1 --password wrong --quiet 2> "$dir/wrong.log" || code=$?
[ "$code" = 2 ] && grep -q "wrong user or password" "$dir/wrong.log" || fail "wrong password: exit code $code"
code=0
echo "another" > "$dir/other"
"$fleet" --server "$url" --token-file "$dir/other" --insecure --devices 2 --seconds 1 --quiet 2> "$dir/token.log" || code=$?
[ "$code" = 2 ] && grep -q "ingest-token-file" "$dir/token.log" || fail "wrong token: exit code $code"
# The server's made-up certificate is not believed unless asked to.
code=0
"$fleet" --server "$url" --token-file "$dir/token" --devices 2 --seconds 1 --connect-timeout 1 --quiet 2> "$dir/cert.log" || code=$?
[ "$code" = 2 ] && grep -q "certificate is not believed" "$dir/cert.log" || fail "an unknown certificate was believed"
echo "ok"
