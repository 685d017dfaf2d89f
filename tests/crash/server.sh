# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts that run a fleet against a real server. They set `mailwake`, `fleet` and `dir`, a directory of their own, before.

server=
trap 'kill -9 "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT

fail() {
  echo "FAILED: $1" >&2
  tail -n 20 "$dir"/*.log >&2
  cat "$dir/result.json" >&2 2>/dev/null || true
  exit 1
}

# make_accounts DEVICES DEVICES_PER_MAILBOX: the store, with an account for each mailbox of such a fleet; $dir/token.
make_accounts() {
  (umask 077 && echo "a-token-of-this-test-only" >"$dir/token")
  "$fleet" --devices "$1" --devices-per-mailbox "$2" --print-passwd >"$dir/passwd"
  "$mailwake" user import "$dir/passwd" --store "sqlite:$dir/store.db" >"$dir/import.log" 2>&1 || fail 'the accounts were not imported'
}

# start ARGUMENTS OF SERVE: returns when it is ready, and sets `server` (its process) and `url`.
start() {
  : >"$dir/serve.log" # there before it is looked into
  "$mailwake" serve "$@" >>"$dir/serve.log" 2>&1 &  # one that is still ending writes there too
  server=$!
  for _ in $(seq 600); do
    url=$(sed -n 's/^mailwake ready \(https:[^ ]*\).*/\1/p' "$dir/serve.log")
    [ -z "$url" ] || return 0
    kill -0 "$server" 2>/dev/null || fail 'the server did not start'
    sleep 0.05
  done
  fail 'the server did not get ready'
}
