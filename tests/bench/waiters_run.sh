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

# Without the token nobody can be woken, and that is said.
code=0
echo another >"$dir/other"
"$waiters" --server "$url" --server-pid "$server" --token-file "$dir/other" --waiting 2 --seconds 0.2 --idle-seconds 0.1 \
  >"$dir/none" 2>"$dir/wrong.log" || code=$?
[ "$code" = 2 ] && grep -q 'HTTP 401' "$dir/wrong.log" || fail "wrong token: exit code $code"
echo ok
