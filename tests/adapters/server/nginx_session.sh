#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `mailwake serve` on a Unix socket, with curl on it and with nginx before it, which speaks HTTP/2 and TLS to the devices. Prints what it
# does. The nginx settings are taken out of docs/guides/behind-a-proxy.md; only names, port and files are the test's.
#
#   nginx_session.sh PATH/TO/mailwake
set -uo pipefail
mailwake=${1:?usage: nginx_session.sh PATH/TO/mailwake}
export PATH="$PATH:/usr/sbin"
for program in curl nginx openssl; do
  command -v "$program" >/dev/null || { echo "skipped: no $program"; exit 77; }
done
dir=$(mktemp -d)
server= nginx=
trap 'kill -9 $server 2>/dev/null; kill $nginx 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
failures=0

say() { printf '\n== %s\n' "$*"; }
check() {  # NAME WANT GOT
  if [ "$2" = "$3" ]; then printf '   ok  %s: %s\n' "$1" "$3"; else printf '  BAD  %s: want %s, got %s\n' "$1" "$2" "$3"; failures=$((failures + 1)); fi
}
await() {  # COMMAND: until it succeeds, a minute at most
  for _ in $(seq 600); do "$@" && return; sleep 0.1; done
  echo "  BAD  not within a minute: $*"
  cat "$dir"/*.log
  exit 1
}

say 'a server on a Unix socket, with a store and two accounts'
(umask 077 && echo topsecret >"$dir/token")
cat >"$dir/mailwake.toml" <<TOML
listen = "unix:$dir/http.sock"
store = "sqlite:$dir/m.db"
ingest_token_file = "$dir/token"
drain_s = 0
TOML
printf 'ann:{PLAIN}secret of ann\nbob:{PLAIN}secret of bob\n' >"$dir/users"
"$mailwake" user import "$dir/users" --store "sqlite:$dir/m.db" || exit 1
"$mailwake" serve --config "$dir/mailwake.toml" >"$dir/out" 2>"$dir/serve.log" &
server=$!
await grep -q "^mailwake ready unix:$dir/http.sock\$" "$dir/out"

say 'nginx before it'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
guide=$(dirname "$0")/../../../docs/guides/behind-a-proxy.md
settings() {  # PORT
  sed -n '/^```nginx$/,/^```$/{/^```/!p}' "$guide" |
    sed -e "s|/run/mailwake/http.sock|$dir/http.sock|; s|/etc/ssl/mail.example.org.pem|$dir/cert.pem|" \
      -e "s|/etc/ssl/private/mail.example.org.key|$dir/key.pem|; s|mail.example.org|localhost|; s|listen 443 |listen 127.0.0.1:$1 |"
}
changed=$(settings 1 | grep -cE "$dir|localhost|127.0.0.1:1 ")
check 'settings of the guide in which the test puts its own' 5 "$changed"
start_nginx() {
  port=$((20000 + RANDOM % 12000))
  cat >"$dir/nginx.conf" <<NGINX
daemon off;
$([ "$(id -u)" != 0 ] || echo 'user root;')
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/fastcgi; uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;
$(settings "$port")
}
NGINX
  nginx -c "$dir/nginx.conf" 2>>"$dir/nginx.log" &
  nginx=$!
  for _ in $(seq 50); do
    [ -s "$dir/nginx.pid" ] && return
    kill -0 "$nginx" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
for _ in 1 2 3 4 5; do start_nginx && break; done
url=https://localhost:$port
through_nginx=(--http2 --cacert "$dir/cert.pem") on_socket=(--unix-socket "$dir/http.sock")
web() { curl -sS --max-time 60 "${through_nginx[@]}" "$@"; }
direct() { curl -sS --max-time 60 "${on_socket[@]}" "$@"; }
held() { [[ $(direct -H 'Authorization: Bearer topsecret' http://localhost/v1/pings) == *"\"held\":$1,"* ]]; }
change() {
  direct -H 'Authorization: Bearer topsecret' http://localhost/v1/changes \
    --data "{\"mailbox\":\"$1\",\"folder\":\"inbox\",\"class\":\"email\",\"kind\":\"added\"}"
}
# A Ping for inbox, 900 s; the answers to it, in hex.
printf '\x03\x01\x6a\x00\x00\x0d\x45\x48\x03900\x00\x01\x49\x4a\x4b\x03inbox\x00\x01\x4c\x03Email\x00\x01\x01\x01\x01' >"$dir/ping"
woken=03016a00000d4547033200 woken+=01494a03696e626f7800010101
ping_of() {  # OUT USER DEVICE URL OPTION...: becomes curl, so that $! is its pid
  local out=$1 user=$2 device=$3 base=$4
  shift 4
  exec curl -sS --max-time 60 "$@" -u "$user:secret of $user" -H 'Content-Type: application/vnd.ms-sync.wbxml' --data-binary "@$dir/ping" \
    -o "$out" "$base/Microsoft-Server-ActiveSync?Cmd=Ping&User=$user&DeviceId=$device&DeviceType=curl"
}
hex() { [ ! -e "$1" ] || od -An -v -tx1 "$1" | tr -d ' \n'; }

say 'both ways in'
check 'curl on the socket' ok "$(direct http://localhost/healthz)"
check 'OPTIONS through nginx, over HTTP/2' '200 2' \
  "$(web -o /dev/null -w '%{http_code} %{http_version}' -u 'ann:secret of ann' -X OPTIONS "$url/Microsoft-Server-ActiveSync")"
check 'no way to /v1 through nginx' 404 "$(web -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer topsecret' "$url/v1/pings")"

say 'a change wakes the PING that watches it, whichever way it came'
ping_of "$dir/ann" ann PHONE1 "$url" "${through_nginx[@]}" &
ann=$!
ping_of "$dir/bob" bob PHONE2 "$url" "${through_nginx[@]}" &
bob=$!
await held 2
check 'publish' '{"accepted":1}' "$(change ann)"
wait "$ann"
check "ann's PING, over HTTP/2" "$woken" "$(hex "$dir/ann")"
check "bob's" '' "$(hex "$dir/bob")"
ping_of "$dir/ann" ann PHONE3 http://localhost "${on_socket[@]}" &
ann=$!
wait "$ann"  # PHONE3 has not synced: what came before concerns it too
check "ann's other phone, on the socket" "$woken" "$(hex "$dir/ann")"

say 'a device that goes is gone, through the proxy too'
await held 1
kill "$bob"
wait "$bob"
check 'it has not waited for an answer' 143 $?
await held 0

say 'the client is the one that nginx names, not the one that it claims to be'
web -o /dev/null -H 'X-Forwarded-For: 192.0.2.66' -u 'ann:wrong' -X OPTIONS "$url/Microsoft-Server-ActiveSync"
check 'log' 1 "$(grep -c 'refused login from 127.0.0.1 of "ann"' "$dir/serve.log")"
direct -o /dev/null -H 'X-Forwarded-For: 192.0.2.66' -u 'ann:wrong' -X OPTIONS http://localhost/Microsoft-Server-ActiveSync
check 'whoever may use the socket is believed' 1 "$(grep -c 'refused login from 192.0.2.66 of "ann"' "$dir/serve.log")"

say 'SIGTERM: every PING is answered, the server ends with 0'
ping_of "$dir/bob" bob PHONE2 "$url" "${through_nginx[@]}" &
bob=$!
await held 1
kill -TERM "$server"
wait "$bob"
check 'the drained PING' 03016a00000d4547033100"0101" "$(hex "$dir/bob")"
wait "$server"
check 'exit code' 0 $?

say "$failures failures"
[ "$failures" -eq 0 ]
