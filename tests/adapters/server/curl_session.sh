#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One full session with curl against `mailwake serve`: what a device, a mail server's hook and an operator send, and each status of Ping, 1 to
# 8, compared byte by byte. Prints what it does, so that it can be read as a demonstration.
#
#   curl_session.sh PATH/TO/mailwake
set -uo pipefail
mailwake=${1:?usage: curl_session.sh PATH/TO/mailwake}
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
dir=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill -9 "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
failures=0

say() { printf '\n== %s\n' "$*"; }
check() {  # NAME WANT GOT
  if [ "$2" = "$3" ]; then printf '   ok  %s: %s\n' "$1" "$3"; else printf '  BAD  %s: want %s, got %s\n' "$1" "$2" "$3"; failures=$((failures + 1)); fi
}
matches() {  # NAME PATTERN GOT
  if [[ $3 == $2 ]]; then printf '   ok  %s: %s\n' "$1" "$3"; else printf '  BAD  %s: want %s, got %s\n' "$1" "$2" "$3"; failures=$((failures + 1)); fi
}
hex() { od -An -v -tx1 | tr -d ' \n'; }
bytes() { printf "$(sed 's/../\\x&/g' <<<"$1")"; }

url=
start() {
  : >"$dir/out"
  "$mailwake" serve --config "$dir/mailwake.toml" >"$dir/out" 2>>"$dir/log" &
  server=$!
  for _ in $(seq 600); do grep -q '^mailwake ready ' "$dir/out" && break; kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
  url=$(sed -n 's/^mailwake ready //p' "$dir/out")
  [ -n "$url" ] || { echo "the server did not start:"; cat "$dir/log"; exit 1; }
}
# Waits until so many PINGs are held.
held() {
  for _ in $(seq 600); do [[ $(v1 GET pings) == *"\"held\":$1,"* ]] && return; sleep 0.1; done
  echo "  BAD  not $1 PINGs within a minute"; failures=$((failures + 1))
}
v1() {  # METHOD PATH [BODY]
  curl -s --cacert "$dir/m.db.cert.pem" -H "Authorization: Bearer $(cat "$dir/token")" -X "$1" ${3+--data-binary "$3"} "$url/v1/$2"
}
# USER DEVICE COMMAND HEX-BODY: prints the answer's bytes in hex.
eas() {
  bytes "$4" >"$dir/request.$2"
  curl -s --max-time 60 --cacert "$dir/m.db.cert.pem" -u "$1:secret of $1" -H 'MS-ASProtocolVersion: 14.1' -H 'Content-Type: application/vnd.ms-sync.wbxml' \
    --data-binary @"$dir/request.$2" "$url/Microsoft-Server-ActiveSync?Cmd=$3&User=$1&DeviceId=$2&DeviceType=curl" | hex
}
text() { printf '03%s00' "$(printf '%s' "$1" | hex)"; }  # STR_I
# SECONDS FOLDER...: a Ping request. Each folder is of class Email.
ping_request() {
  local seconds=$1 folder out=03016a00000d45
  shift
  out+=48$(text "$seconds")01
  if [ $# -gt 0 ]; then
    out+=49
    for folder; do out+=4a4b$(text "$folder")014c$(text Email)0101; done
    out+=01
  fi
  printf '%s01' "$out"
}
status_only() { printf '03016a00000d4547%s0101' "$(text "$1")"; }
# SYNCKEY FOLDER: a Sync request of one collection.
sync_request() { printf '03016a00455c4f4b%s0152%s01010101' "$(text "$1")" "$(text "$2")"; }
# The SyncKey of an answer to Sync, still as the hex of its characters.
sync_key() { sed -E 's/.*4b03(([0-9a-f]{2})*)0001.*/\1/; s/00.*//' <<<"$1"; }
sync() {  # USER DEVICE FOLDER: a sync of the folder from the start, so that the device has everything
  local key
  key=$(sync_key "$(eas "$1" "$2" Sync "$(sync_request 0 "$3")")")
  eas "$1" "$2" Sync "$(sync_request "$(bytes "$key")" "$3")" >/dev/null
}

say "a store with two accounts, a token, a server with a minimum of 1 s and at most 2 folders a PING"
echo topsecret >"$dir/token" && chmod 600 "$dir/token"
cat >"$dir/mailwake.toml" <<TOML
listen = "127.0.0.1:0"
store = "sqlite:$dir/m.db"
ingest_token_file = "$dir/token"
drain_s = 0
heartbeat.min_s = 1
limits.folders_per_ping = 2
TOML
printf 'ann:{PLAIN}secret of ann\nbob:{PLAIN}secret of bob\n' >"$dir/users"
"$mailwake" user import "$dir/users" --store "sqlite:$dir/m.db" || exit 1
start
echo "   $url"
check "GET /healthz" ok "$(curl -s --cacert "$dir/m.db.cert.pem" "$url/healthz")"
check "without the token" 401 "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$dir/m.db.cert.pem" "$url/v1/pings")"

say "OPTIONS says which versions and commands there are"
curl -s -D "$dir/headers" -o /dev/null --cacert "$dir/m.db.cert.pem" -u 'ann:secret of ann' -X OPTIONS "$url/Microsoft-Server-ActiveSync"
matches "MS-ASProtocolVersions" '*14.1*' "$(tr -d '\r' <"$dir/headers" | sed -n 's/^MS-ASProtocolVersions: //Ip')"
matches "MS-ASProtocolCommands" '*Ping*' "$(tr -d '\r' <"$dir/headers" | sed -n 's/^MS-ASProtocolCommands: //Ip')"

say "status 3: a first Ping that names nothing"
check "empty Ping" "$(status_only 3)" "$(eas ann DEV1 Ping '')"

say "status 4: what is not WBXML"
check "garbage" "$(status_only 4)" "$(eas ann DEV1 Ping 6e6f7420777862786d6c)"

say "status 5: a heartbeat out of range names the bound that it broke"
check "0 s" "03016a00000d4547$(text 5)0148$(text 1)0101" "$(eas ann DEV1 Ping "$(ping_request 0 inbox)")"
check "3541 s" "03016a00000d4547$(text 5)0148$(text 3540)0101" "$(eas ann DEV1 Ping "$(ping_request 3541 inbox)")"

say "status 6: too many folders names the most"
check "3 folders" "03016a00000d4547$(text 6)014d$(text 2)0101" "$(eas ann DEV1 Ping "$(ping_request 600 a b c)")"

say "status 1: a heartbeat that ends"
sync ann DEV1 inbox
check "1 s" "$(status_only 1)" "$(eas ann DEV1 Ping "$(ping_request 1 inbox)")"

say "status 2: a change wakes the PING that watches it, and names the folder"
eas ann DEV1 Ping "$(ping_request 900 inbox sent)" >"$dir/woken" &
waiting=$!
eas bob DEV2 Ping "$(ping_request 900 inbox)" >"$dir/not_woken" &
held 2
check "publish" '{"accepted":1}' "$(v1 POST changes '{"mailbox":"ann","folder":"inbox","class":"email","kind":"added"}')"
wait "$waiting"
check "the waiting Ping" "03016a00000d4547$(text 2)01494a$(text inbox)010101" "$(cat "$dir/woken")"
check "nobody else" '' "$(cat "$dir/not_woken")"
matches "explain" '*"last_end":{"reason":"changed",*"folder":"inbox"*' "$(v1 GET 'explain?mailbox=ann&device=DEV1')"
check "not synced: told again" "03016a00000d4547$(text 2)01494a$(text inbox)010101" "$(eas ann DEV1 Ping '')"
sync ann DEV1 inbox
check "synced, and both parameters left out but the heartbeat" "$(status_only 1)" "$(eas ann DEV1 Ping "$(ping_request 1)")"

say "a sync that is served elsewhere acknowledges too"
v1 POST changes '{"mailbox":"ann","folder":"inbox","class":"email","kind":"added"}' >/dev/null
ticket=$(v1 POST mailboxes/ann/devices/DEV1/sync '{"begin":true}')
matches "begin" '{"ticket":"*"}' "$ticket"
check "end" '{"folders":1}' "$(v1 POST mailboxes/ann/devices/DEV1/sync "${ticket%\}},\"folders\":[\"inbox\"]}")"
check "nothing new" "$(status_only 1)" "$(eas ann DEV1 Ping "$(ping_request 1)")"
check "a forged ticket" 400 "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$dir/m.db.cert.pem" -H 'Authorization: Bearer topsecret' \
  --data '{"ticket":"1.00","folders":["inbox"]}' "$url/v1/mailboxes/ann/devices/DEV1/sync")"

say "a bad line: nothing of its request is applied"
matches "line 2" '{"line":2,"error":"*"}' "$(v1 POST changes $'{"mailbox":"ann","folder":"inbox","class":"email","kind":"added"}\n{"mailbox":"ann"}')"
check "still nothing new" "$(status_only 1)" "$(eas ann DEV1 Ping "$(ping_request 1)")"

say "status 7: a folder that is not in the declared list"
matches "declare" '{"folders":1}' "$(v1 PUT mailboxes/ann/folders '[{"id":"inbox","name":"Inbox","class":"email","type":2}]')"
check "folder 'sent'" "$(status_only 7)" "$(eas ann DEV3 Ping "$(ping_request 900 inbox sent)")"

say "status 2 for all folders: changes may have been missed"
eas bob DEV4 Ping "$(ping_request 900 a b)" >"$dir/resync" &
waiting=$!
held 2
v1 POST suspect '{"mailbox":"bob"}' >/dev/null
wait "$waiting"
check "both folders" "03016a00000d4547$(text 2)01494a$(text a)014a$(text b)010101" "$(cat "$dir/resync")"

say "20,000 changes in one request: {\"accepted\"} says that all are durable"
padding=$(printf '%0250d' 0)
for i in $(seq 20000); do echo '{"mailbox":"many'"$padding$i"'","folder":"inbox","class":"email","kind":"added"}'; done >"$dir/many"
for round in 1 2 3 4; do  # more than the store keeps in memory
  sed "s/many/many$round/" "$dir/many" >"$dir/many.$round"
  check "publish" '{"accepted":20000}' "$(v1 POST changes "@$dir/many.$round")"
done

say "SIGTERM: every PING is answered with status 1, the server ends with 0"
sync ann DEV5 inbox
eas ann DEV5 Ping "$(ping_request 900 inbox)" >"$dir/drained" &
waiting=$!
held 1
kill -TERM "$server"
wait "$waiting"
check "the drained Ping" "$(status_only 1)" "$(cat "$dir/drained")"
wait "$server"
check "exit code" 0 $?

say "status 8: a store that cannot be read"
start
check "bob logs in" "$(status_only 4)" "$(eas bob DEV6 Ping 00)"
# Every page but the first is overwritten under the server's feet. The store is larger than what SQLite keeps in memory, so bob's are read.
for file in "$dir/m.db" "$dir/m.db-wal"; do
  size=$(stat -c %s "$file") && [ "$size" -gt 4096 ] &&
    head -c $((size - 4096)) /dev/zero | tr '\0' '\377' | dd of="$file" bs=4096 seek=1 conv=notrunc status=none
done
# A thread that has not read the device's page before says 503 (come back) first.
for _ in $(seq 20); do
  answer=$(eas bob DEV6 Ping "$(ping_request 900 inbox)")
  [ -n "$answer" ] && break
done
check "bob's Ping" "$(status_only 8)" "$answer"

say "$failures failures"
[ "$failures" -eq 0 ]
