# SPDX-License-Identifier: Apache-2.0
#
# For the scripts that measure: a mailwake of its own for each, in a directory that goes with the script. PIN=true: with `pin_loops`.
#
#   programs=build/release/bin; . bench/waiters/server.sh; import 1000; start_mailwake; ... "$url" "$server" ...; stop_mailwake

dir=$(mktemp -d)
server=
url=
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT

fail() {
  echo "FAILED: $1" >&2
  tail -n 20 "$dir"/*.log >&2 || true
  exit 1
}

# The accounts of so many waiters, in a new store.
import() { # WAITING [NAME]
  local name=${2:-one}
  rm -f "$dir/$name".db*
  (umask 077 && echo 'a-token-of-this-run' >"$dir/token")
  "$programs/mailwake-waiters" --waiting "$1" --print-passwd >"$dir/passwd"
  "$programs/mailwake" user import "$dir/passwd" --store "sqlite:$dir/$name.db" >"$dir/import.log" 2>&1 || fail import
}

# Sets `server`, its process, and `url`. LINE: of its configuration.
start_mailwake() { # [NAME [PORT [LINE...]]]
  local name=${1:-one} port=${2:-0}
  shift $(($# < 2 ? $# : 2))
  cat >"$dir/$name.toml" <<TOML
listen = "127.0.0.1:$port"
store = "sqlite:$dir/$name.db"
ingest_token_file = "$dir/token"
acknowledge = "ping"
pin_loops = ${PIN:-false}
drain_s = 0
limits.connections_per_address = 20000
limits.requests_per_address_minute = 0
limits.pings = 19900
TOML
  printf '%s\n' "$@" >>"$dir/$name.toml"
  : >"$dir/$name.log"
  "$programs/mailwake" serve --config "$dir/$name.toml" --threads "${THREADS:-1}" >"$dir/$name.log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    url=$(sed -n 's/^mailwake ready \(https:[^ ]*\).*/\1/p' "$dir/$name.log")
    [ -z "$url" ] || return 0
    sleep 0.1
  done
  fail 'mailwake did not start'
}

stop_mailwake() {
  kill "$server"
  wait "$server" || true
}
