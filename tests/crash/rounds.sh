#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# rounds.sh kill|drain|upgrade MAILWAKE FLEET: a fleet against a server that is ended and started again ROUNDS times (default 10) at random moments.
#
#   kill   with kill -9: no change that was acknowledged is lost, nobody is left asleep, nobody is woken for nothing
#   drain  with SIGTERM: the same, and exit code 0 within the time that draining may take, and no Ping is answered with a 5xx
#   upgrade  by another that takes its place, in turn one that is started with --take-over and one that SIGUSR2 starts: as drain, and
#            somebody listens at every moment
#
# ROUNDS=100 tests/crash/rounds.sh kill build/release/bin/mailwake build/release/bin/mailwake-fleet
set -euo pipefail
mode=$1
mailwake=$2
fleet=$3
rounds=${ROUNDS:-10}
RANDOM=${SEED:-$$}
dir=$(mktemp -d)
. "$(dirname "$0")/server.sh"

drained() { # PROCESS, which we may have started, or a server that we sent SIGUSR2
  local code=0
  if jobs -p | grep -qx "$1"; then
    wait "$1" || code=$?
  else
    for _ in $(seq 600); do
      [ -e "/proc/$1/exe" ] || break
      sleep 0.05
    done
    grep -q ' ended$' "$dir/serve.log" || code=unknown
  fi
  [ "$code" = 0 ] || fail "a drain ended with exit code $code"
}

end() {
  if [ "$mode" = kill ]; then
    kill -9 "$server"
    wait "$server" 2>/dev/null || true
  else
    kill -TERM "$server"
    drained "$server"
  fi
}

upgrade_by_signal() {
  local served
  served=$(grep -c '^mailwake ready' "$dir/serve.log")
  kill -USR2 "$server"
  for _ in $(seq 600); do
    [ "$(grep -c '^mailwake ready' "$dir/serve.log")" = "$served" ] || break
    sleep 0.05
  done
  server=$(sed -n 's/.* (pid \([0-9]*\)) to take over$/\1/p' "$dir/serve.log" | tail -n 1)
  [ -e "/proc/$server/exe" ] || fail 'SIGUSR2 started no server'
}

next() {
  local old=$server
  if [ "$mode" = upgrade ] && [ $((round % 2)) = 0 ]; then
    upgrade_by_signal
    drained "$old"
  elif [ "$mode" = upgrade ]; then
    start --config "$dir/mailwake.toml" --take-over
    drained "$old"
  else
    end
    start --config "$dir/mailwake.toml"
  fi
}

make_accounts 150 3
# The first start finds a port, which the others keep.
start --listen 127.0.0.1:0 --store "sqlite:$dir/store.db" --ingest-token-file "$dir/token"
cat >"$dir/mailwake.toml" <<TOML
listen = "${url#https://}"
store = "sqlite:$dir/store.db"
ingest_token_file = "$dir/token"
drain_s = 1
TOML
kill "$server"
wait "$server" || fail 'the first server did not drain'
start --config "$dir/mailwake.toml"

# Longer than the rounds take.
"$fleet" --server "$url" --token-file "$dir/token" --insecure --devices 150 --devices-per-mailbox 3 --seconds "$((rounds * 4))" --rate 60 \
  --grace 20 --json --quiet >"$dir/result.json" 2>"$dir/fleet.log" &
devices=$!
for round in $(seq "$rounds"); do
  sleep "$((RANDOM % 2 + 1)).$((RANDOM % 10))"
  kill -0 "$devices" 2>/dev/null || fail "the fleet was over before round $round"
  next
  [ "$rounds" -le 20 ] || [ $((round % 10)) != 0 ] || echo "$round of $rounds rounds"
done
wait "$devices" || fail 'the fleet found faults'
grep -q '"missed":0,"foreign":0,' "$dir/result.json" || fail 'missed or foreign wakes'
grep -q '"unacknowledged":0,' "$dir/result.json" || fail 'changes were never taken'
grep -q '"wakes":0,' "$dir/result.json" && fail 'nobody was woken'
case $mode in
  upgrade) grep -q '"unanswered_connections":0,' "$dir/result.json" || fail 'for a moment nobody listened' ;;
  # Between two servers nobody listens for seconds: that the count can tell.
  drain) grep -q '"unanswered_connections":0,' "$dir/result.json" && fail 'no connection was refused: nothing was counted' ;;
esac
if [ "$mode" != kill ]; then
  grep -q '"refused_pings":0,' "$dir/result.json" || fail 'a drain answered Pings with a 5xx'
  grep -q '"repeated":0,' "$dir/result.json" || fail 'a drain forgot what devices had synced'
else
  grep -q '"lost_connections":0,' "$dir/result.json" && fail 'no connection was lost: the kills came too late to prove anything'
fi
end
echo "ok: $rounds rounds; $(cat "$dir/result.json")"
