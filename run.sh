#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Sets up, builds and shows mailwake on Debian 12. Safe to run again.
#
#   ./run.sh          installs what is missing, builds, starts the server on 127.0.0.1, and lets 1,000 devices of 1,000 accounts wait over
#                     TLS while changes come; ends with the figures (about half a minute after the build)
#   ./run.sh serve    the same, and leaves the server running afterwards
#   ./run.sh setup    only installs and configures (setup-tests: with clang, for the fuzzers, and nginx)
#   ./run.sh build    setup, and builds the programs
#
# DEVICES, SECONDS_RUN, RATE and PORT change the demonstration: DEVICES=200 SECONDS_RUN=10 ./run.sh
set -euo pipefail
cd "$(dirname "$0")"

packages=(
  cmake ninja-build g++ ccache pkg-config ca-certificates
  libabsl-dev libboost1.81-dev libsqlite3-dev libssl-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev
  libsodium-dev libcrypt-dev prometheus-cpp-dev zlib1g-dev
  libgtest-dev libgmock-dev libbenchmark-dev libwbxml2-dev libwbxml2-utils curl openssl sqlite3 procps
)
mode=${1:-demo}
devices=${DEVICES:-1000}
seconds=${SECONDS_RUN:-30}
rate=${RATE:-100}
port=${PORT:-8443}
programs=build/release/bin

say() { printf '\n== %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_missing() {
  local missing=()
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

configure() {
  say 'configuring (build/release)'
  cmake --preset release >build-configure.log 2>&1 || { tail -30 build-configure.log; exit 1; }
  mv build-configure.log build/release/configure.log
}

build() {
  say 'building; the first time takes some minutes'
  cmake --build --preset release --target mailwake mailwake-fleet
}

start_server() {
  mkdir -p var
  [ -s var/token ] || (umask 077 && head -c 24 /dev/urandom | base64 | tr -d '+/=' >var/token)
  if [ -s var/server.pid ] && kill -0 "$(cat var/server.pid)" 2>/dev/null; then
    say 'stopping the server of the last run'
    kill "$(cat var/server.pid)" && timeout 20 tail --pid="$(cat var/server.pid)" -f /dev/null || true
  fi
  say "accounts: $devices, in var/mailwake.db"
  "$programs/mailwake-fleet" --devices "$devices" --print-passwd >var/fleet.passwd
  chmod 600 var/fleet.passwd
  "$programs/mailwake" user import var/fleet.passwd --store sqlite:var/mailwake.db
  say "starting the server on 127.0.0.1:$port (its words: var/server.log)"
  "$programs/mailwake" serve --listen "127.0.0.1:$port" --store sqlite:var/mailwake.db --ingest-token-file var/token \
    >var/server.log 2>&1 &
  server=$!
  echo "$server" >var/server.pid
  for _ in $(seq 100); do
    grep -q '^mailwake ready' var/server.log && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat var/server.log
  echo 'The server did not start. Another program on the port? Try PORT=9443 ./run.sh'
  exit 1
}

stop_server() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -f var/server.pid
}

demo() {
  local url failed=0
  url=$(sed -n 's/^mailwake ready //p' var/server.log)
  say "$devices devices over TLS, $rate changes a second for $seconds s"
  "$programs/mailwake-fleet" --server "$url" --token-file var/token --ca var/mailwake.db.cert.pem --devices "$devices" \
    --seconds "$seconds" --rate "$rate" --server-pid "$server" --json >var/fleet.json || failed=1
  cat >var/next.txt <<NEXT
  status    curl --cacert var/mailwake.db.cert.pem -H "Authorization: Bearer \$(cat var/token)" $url/metrics
  store     sqlite3 -readonly var/mailwake.db .tables
  result    var/fleet.json
  next      ./run.sh serve                       leaves the server running
            $programs/mailwake --help            the program; docs/guides/running-the-server.md
            docs/guides/dovecot.md               beside the mail server that you have
NEXT
  say 'where things are'
  cat var/next.txt
  figures
  return "$failed"
}

# The last line, out of the fleet's one JSON object.
figures() {
  local field
  for field in connected changes wakes missed foreign p50 p99; do
    printf -v "$field" '%s' "$(grep -o "\"$field\": *[0-9.]*" var/fleet.json | head -n 1 | sed 's/.*: *//')"
  done
  connected=${connected:-0}
  [ "$connected" = "$devices" ] || connected="$connected of $devices"
  # shellcheck disable=SC2154
  summary=$(printf 'demo: %s devices, %s changes, %s wakes, %s missed, %s foreign, p50 %s ms, p99 %s ms' \
    "$connected" "$changes" "$wakes" "$missed" "$foreign" "$p50" "$p99")
}

case $mode in
  setup) install_missing; configure ;;
  setup-tests) packages+=(clang-14 libclang-rt-14-dev nginx-core); install_missing; configure ;;
  build) install_missing; configure; build ;;
  demo | serve)
    install_missing; configure; build; start_server
    [ "$mode" = serve ] || trap stop_server EXIT
    status=0; demo || status=1
    if [ "$mode" = serve ]; then
      say "the server goes on: $(sed -n 's/^mailwake ready //p' var/server.log), process $server; stop it with: kill $server"
      disown "$server"
    fi
    echo "$summary"
    exit "$status"
    ;;
  *) sed -n '4,13p' "$0"; exit 2 ;;
esac
