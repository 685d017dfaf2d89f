# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The devices of the test: each holds a PING over HTTPS; expect() says which PINGs a step must end, how, and that all others still wait.
# Sourced by dovecot_test.sh.

declare -A owner=() watches=() request=()  # by device: its mailbox, the folders it watches (one a line), the process that waits

api() {  # METHOD PATH [BODY]
  curl --silent --show-error --fail-with-body --max-time 30 --cacert "$tmp/mailwake.crt" -X "$1" \
    -H "Authorization: Bearer $(<"$tmp/token")" --data-binary "${3-}" "$url$2"
}

# activesync USER DEVICE COMMAND FILE: the body comes from standard input, the answer goes into FILE.
activesync() {
  exec curl --silent --show-error --fail --max-time 600 --cacert "$tmp/mailwake.crt" --user "$1:secret" \
    -H 'Content-Type: application/vnd.ms-sync.wbxml' -H 'MS-ASProtocolVersion: 14.1' --data-binary @- -o "$4" \
    "$url/Microsoft-Server-ActiveSync?Cmd=$3&User=$1&DeviceId=$2&DeviceType=Test" 2>"$4.errors"
}

is_held() { api GET /v1/pings | grep -q "\"device\":\"$1\""; }

has_ended() { ! kill -0 "${request[$1]}" 2>/dev/null; }
is_held_or_ended() { is_held "$1" || has_ended "$1"; }

# hold DEVICE: sends its PING, returns when the server holds it.
hold() {
  local device=$1 folders answer=$tmp/$1.ping
  mapfile -t folders <<<"${watches[$device]}"
  rm -f "$answer"
  ping_body 540 "${folders[@]}" >"$tmp/$device.request"
  (activesync "${owner[$device]}" "$device" Ping "$answer" <"$tmp/$device.request") &
  request[$device]=$!
  wait_for "the PING of $device to be held" is_held_or_ended "$device"
  is_held "$device" || fail "the PING of $device was not held: $(answer_of "$device") $(<"$answer.errors")"
}

# device NAME USER FOLDER...: a device that is in step with these folders, and waits.
device() {
  local name=$1
  owner[$name]=$2
  shift 2
  watches[$name]=$(printf '%s\n' "$@")
  synced "$name" "$@"
  hold "$name"
}

# synced DEVICE FOLDER...: the device has fetched all there is in these folders, from whatever server serves its syncs.
synced() {
  local path folders ticket
  path="/v1/mailboxes/${owner[$1]}/devices/$1/sync"
  shift
  ticket=$(api POST "$path" '{"begin":true}' | sed -n 's/.*"ticket":\("[^"]*"\).*/\1/p')
  folders=$(printf ',"%s"' "$@")
  api POST "$path" "{\"ticket\":$ticket,\"folders\":[${folders:1}]}" >/dev/null || fail "the sync was not taken"
}

# folder_sync DEVICE: fetches the folder list; prints lines "ID TYPE".
folder_sync() {
  folder_sync_body >"$tmp/$1.request"
  (activesync "${owner[$1]}" "$1" FolderSync "$tmp/$1.list" <"$tmp/$1.request") || fail "FolderSync: $(<"$tmp/$1.list.errors")"
  wbxml_texts "$tmp/$1.list" | sed -n 's/^07:48 //p; s/^07:4a /\t/p' | sed -n 'h; n; H; x; s/\n\t/ /; p'
}

# answer_of DEVICE: "changed INBOX,Sent", "hierarchy", ... of a PING that ended.
answer_of() {
  local texts status
  texts=$(wbxml_texts "$tmp/$1.ping" 2>/dev/null)
  status=$(sed -n 's/^0d:47 //p' <<<"$texts")
  case $status in
    1) echo expired ;;
    2) echo "changed $(sed -n 's/^0d:4a //p' <<<"$texts" | sort | paste -sd,)" ;;
    7) echo hierarchy ;;
    *) echo "status '$status'" ;;
  esac
}

step() {
  steps=$((${steps:-0} + 1))
  printf '\n%2d. %s\n' "$steps" "$*"
  note "---- $steps. $*"
}

# expect [DEVICE=ANSWER]...: these PINGs end so, and no other. Then the devices fetch what they were told of, and wait again.
expect() {
  local -A wanted=()
  local pair device got asleep=''
  for pair; do
    wanted[${pair%%=*}]=${pair#*=}
  done
  for device in "${!wanted[@]}"; do
    wait_for "$device to be woken (${wanted[$device]})" has_ended "$device"
    got=$(answer_of "$device")
    [[ $got == "${wanted[$device]}" ]] || fail "$device: expected '${wanted[$device]}', got '$got'"
    printf '      woken   %-10s %s\n' "$device" "$got"
  done
  for device in "${!owner[@]}"; do
    [[ -n ${wanted[$device]-} ]] && continue
    { ! has_ended "$device" && is_held "$device"; } || fail "$device should have slept on, and got '$(answer_of "$device")'"
    asleep+=" $device"
  done
  printf '      asleep %s\n' "${asleep:- nobody}"
  for device in "${!wanted[@]}"; do
    catch_up "$device" "${wanted[$device]}"
  done
}

catch_up() {  # DEVICE ANSWER
  local folders
  case $2 in
    changed\ *)
      IFS=, read -ra folders <<<"${2#changed }"
      synced "$1" "${folders[@]}" ;;
    hierarchy) folder_sync "$1" >"$tmp/$1.folders" ;;
  esac
  hold "$1"
}

# After a restart of mailwake every device asks again.
hold_all() {
  local device
  for device in "${!owner[@]}"; do
    wait "${request[$device]}" 2>/dev/null
    hold "$device"
  done
}
