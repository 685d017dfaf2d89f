#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# unit_file.sh UNIT MAILWAKE: systemd takes every line of the unit file, and the program every option in it.
set -euo pipefail
unit=$1
mailwake=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

start=$(sed -n 's/^ExecStart=//p' "$unit")
[[ $start == */bin/mailwake\ serve\ * ]] || fail "ExecStart is \"$start\""
# The line must get as far as the configuration, which is not there.
read -ra words <<<"$start"
code=0
"$mailwake" "${words[@]:1}" >"$dir/out" 2>&1 || code=$?
[ "$code" = 2 ] && grep -q 'cannot read .*/etc/mailwake/mailwake.toml' "$dir/out" || fail "it does not understand $start: $(cat "$dir/out")"

# drain_s is 10: the time in which a stop must be over has that, and what is still to be written.
stop=$(sed -n 's/^TimeoutStopSec=//p' "$unit")
[ "$stop" -ge 30 ] || fail "TimeoutStopSec=$stop ends it before it has drained"

# An upgrade's next server is not the main process yet when it says that it serves.
grep -qx 'NotifyAccess=all' "$unit" || fail 'systemd would not listen to the next server'

command -v systemd-analyze >/dev/null || { echo 'systemd-analyze is not installed: the rest was left out'; exit 77; }
sed "s|^ExecStart=[^ ]*|ExecStart=$mailwake|" "$unit" >"$dir/mailwake.service"
SYSTEMD_LOG_LEVEL=warning systemd-analyze --man=no verify "$dir/mailwake.service" >"$dir/verify" 2>&1 || fail "$(cat "$dir/verify")"
! grep 'mailwake.service' "$dir/verify" || fail 'systemd does not know these lines'
echo 'ok: systemd and the program understand the unit file'
