#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# failure_test.sh MAILWAKE-SIM: what a broken promise, a seed that does not end and a plant that is not found come to: exit 1, and words that
# help. The code is broken on purpose.
set -eu
sim=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
fail() { echo "$*"; cat "$out"; exit 1; }
said() { grep -qE -- "$1" "$out" || fail "it does not say: $1"; }

rc=0; "$sim" --seeds 200 --break no-compare-at-end --json >"$out.json" 2>"$out" || rc=$?
json=$(cat "$out.json"); rm -f "$out.json"
[ "$rc" = 1 ] || fail "exit $rc"
echo "$json" | grep -q '"violations":1,' || fail "$json"
said '^seed [0-9]+ \[[0-9a-f]+\]: P1: a PING expires while its device is behind in f[0-9]+ \[expired\] \(m[0-9]+@sim.example, d[0-9]+\)$'
said '^  again: .*mailwake-sim --seed [0-9]+ --break no-compare-at-end$'
said '^in a smaller world \([0-9]+ were tried\):$'
said '^ +[0-9.]+ s  .*PING ended expired$'

# What it says last plays the smaller world again, to the same end.
sentence=$(grep '^seed ' "$out" | tail -n 1)
again=$(grep '^  again: ' "$out" | tail -n 1 | sed 's/^  again: //')
echo "$again" | grep -q -- ' --without .* --mailboxes 1' || fail "nothing was left out: $again"
rc=0; $again --shrink 0 >/dev/null 2>"$out" || rc=$?
[ "$rc" = 1 ] || fail "exit $rc: $again"
[ "$(grep '^seed ' "$out" | tail -n 1)" = "$sentence" ] || fail "not as before: $sentence"

rc=0; "$sim" --seeds 9 --seed-timeout 0.002 >/dev/null 2>"$out" || rc=$?
[ "$rc" = 1 ] || fail "exit $rc"
said '^seed [0-9]+: does not end in 0.002 s$'
rc=0; "$sim" --plant no-compare-at-end --seed-timeout 0.002 >/dev/null 2>"$out" || rc=$?
[ "$rc" = 1 ] || fail "exit $rc"
said '^plant no-compare-at-end: not found: seed [0-9]+ has not ended'
rc=0; "$sim" --plant no-compare-at-end --seed 8 --until 1 >/dev/null 2>"$out" || rc=$?
[ "$rc" = 1 ] || fail "exit $rc"
said '^plant no-compare-at-end: not found by 1 seeds'
rc=0; "$sim" --without no-such-thing >/dev/null 2>"$out" || rc=$?
[ "$rc" = 2 ] || fail "exit $rc"
said 'nothing is called no-such-thing'
echo ok
