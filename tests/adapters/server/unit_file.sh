#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# unit_file.sh UNIT MAILWAKE: systemd takes every line of the unit file, and the program every option in it; and whoever takes over the process
# gains little.
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
[[ $start == /*bin/mailwake\ serve\ * ]] || fail "ExecStart is \"$start\""
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

# Line by line, as systemd-analyze, which judges the whole below, does not see what is small, or what another line implies, as DynamicUser=
# does NoNewPrivileges=.
while read -r line; do
  grep -qxF "$line" "$unit" || fail "the unit file does not say $line"
done <<'SETTINGS'
DynamicUser=yes
StateDirectory=mailwake
StateDirectoryMode=0700
LoadCredential=token:/etc/mailwake/token
UMask=0077
LimitCORE=0
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
RestrictSUIDSGID=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallFilter=prlimit64 setrlimit setpriority sched_setaffinity
MemoryDenyWriteExecute=yes
SETTINGS
# Another line of the same setting would add to it, or count instead; and some others take back what these give.
[ "$(grep -o '^[A-Za-z]*=' "$unit" | sort | uniq -d)" = SystemCallFilter= ] || fail 'a setting stands there twice'
! grep -E '^(User|ReadWritePaths|BindPaths|DeviceAllow|Delegate|SupplementaryGroups)=' "$unit" || fail 'it gives more than that'

command -v systemd-analyze >/dev/null || { echo 'systemd-analyze is not installed: the rest was left out'; exit 77; }
sed "s|^ExecStart=[^ ]*|ExecStart=$mailwake|" "$unit" >"$dir/mailwake.service"
SYSTEMD_LOG_LEVEL=warning systemd-analyze --man=no verify "$dir/mailwake.service" >"$dir/verify" 2>&1 || fail "$(cat "$dir/verify")"
! grep 'mailwake.service' "$dir/verify" || fail 'systemd does not know these lines'
# Tenths of systemd's points, of which a service without any of this has 9.6 and this one 1.9.
systemd-analyze security --offline=true --threshold=20 --no-pager "$dir/mailwake.service" >"$dir/exposure" 2>&1 ||
  fail "it may do more than it needs: $(tail -n 1 "$dir/exposure")"
echo 'ok: systemd and the program understand the unit file'
