#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# waiters_run.sh MAILWAKE WAITERS: few connections at a real server; every figure is there, and every wake came.
set -euo pipefail
mailwake=$1
waiters=$2
dir=$(mktemp -d)
. "$(dirname "$0")/../crash/server.sh"

(umask 077 && echo "a-token-of-this-test-only" >"$dir/token")
"$waiters" --waiting 20 --print-passwd >"$dir/passwd"
"$mailwake" user import "$dir/passwd" --store "sqlite:$dir/store.db" >"$dir/import.log" 2>&1 || fail 'the accounts were not imported'
printf 'listen = "127.0.0.1:0"\nstore = "sqlite:%s"\ningest_token_file = "%s"\nacknowledge = "ping"\n' "$dir/store.db" "$dir/token" \
  >"$dir/mailwake.toml"
start --config "$dir/mailwake.toml"
"$waiters" --server "$url" --server-pid "$server" --token-file "$dir/token" --waiting 20 --seconds 0.5 --idle-seconds 0.2 --rate 100 \
  >"$dir/result.json" 2>"$dir/waiters.log" || fail 'it did not run'
for key in bytes_each idle_cpu_percent steady load load_nobody load_batch storm; do
  grep -q "\"$key\"" "$dir/result.json" || fail "no $key"
done
[ "$(grep -c '"missed": 0' "$dir/result.json")" = 4 ] || fail 'wakes did not come'
grep -q '"wakes": 0,' "$dir/result.json" && fail 'nobody was woken'

# Only the latency.
"$waiters" --steady --server "$url" --server-pid "$server" --token-file "$dir/token" --waiting 20 --seconds 0.5 --rate 100 \
  >"$dir/steady.json" 2>"$dir/waiters.log" || fail 'the latency alone'
grep -q '"missed": 0' "$dir/steady.json" && grep -q '"server_bytes"' "$dir/steady.json" || fail 'no latency, or wakes did not come'

# Without the token nobody can be woken, and that is said.
code=0
echo another >"$dir/other"
"$waiters" --server "$url" --server-pid "$server" --token-file "$dir/other" --waiting 2 --seconds 0.2 --idle-seconds 0.1 \
  >"$dir/none" 2>"$dir/wrong.log" || code=$?
[ "$code" = 2 ] && grep -q 'HTTP 401' "$dir/wrong.log" || fail "wrong token: exit code $code"
# All come back to servers that are killed and started again in the same place: the second time with full handshakes, then with tickets.
sed -i "s|^listen = .*|listen = \"127.0.0.1:${url##*:}\"|" "$dir/mailwake.toml"
coproc returns { "$waiters" --returns --waiting 5 --seconds 0.3 --server "$url" 2>"$dir/waiters.log"; }
exec {out}<&"${returns[0]}" {in}>&"${returns[1]}" # bash closes its own as soon as the process has ended
while read -r line <&"$out" && [ "$line" = next ]; do
  kill -9 "$server" && wait "$server" 2>/dev/null || true
  start --config "$dir/mailwake.toml"
  echo "$server" >&"$in"
done
figures=$(cat <&"$out")
[ "$(grep -c '"refused": 0' <<<"$figures")" = 3 ] || fail "who came back was refused: $figures"
[ "$(grep -o '"resumed": [0-9]*' <<<"$figures" | tr -dc '0-9\n' | paste -sd ' ')" = '0 0 5' ] || fail "tickets: $figures"
echo ok
