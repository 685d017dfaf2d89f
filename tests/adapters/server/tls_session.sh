#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What `openssl s_client` finds out about TLS of `mailwake serve`, with an ECDSA certificate, with an RSA one and with both: versions, ciphers,
# ALPN, renegotiation, compression, resumption, OCSP, a renewed certificate. Prints what it does.
#
#   tls_session.sh PATH/TO/mailwake
set -uo pipefail
mailwake=${1:?usage: tls_session.sh PATH/TO/mailwake}
command -v openssl >/dev/null || { echo "skipped: no openssl"; exit 77; }
dir=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill -9 "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
failures=0

say() { printf '\n== %s\n' "$*"; }
check() {  # NAME PATTERN GOT: the pattern is of the shell
  if [[ $3 == $2 ]]; then printf '   ok  %s\n' "$1"; else printf '  BAD  %s: want %s, got %s\n' "$1" "$2" "$3"; failures=$((failures + 1)); fi
}
await() {  # COMMAND: until it succeeds, a minute at most
  for _ in $(seq 600); do "$@" && return; sleep 0.1; done
  echo "  BAD  not within a minute: $*"
  cat "$dir/log"
  exit 1
}

# NAME KIND [DAYS]: NAME.pem and NAME.key for localhost, of the authority, and NAME.der that says that it is good.
serial=0
certificate() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1)
  [ "$2" = ecdsa ] || key=(-newkey rsa:2048)
  serial=$((serial + 1))
  openssl req "${key[@]}" -nodes -subj /CN=localhost -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
  openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -set_serial "$serial" -days "${3:-2}" \
    -extfile <(echo subjectAltName=DNS:localhost) -out "$dir/$1.pem" 2>/dev/null
  printf 'V\t301231235959Z\t\t%02d\tunknown\t/CN=localhost\n' "$serial" >"$dir/index"
  openssl ocsp -issuer "$dir/ca.pem" -cert "$dir/$1.pem" -no_nonce -reqout "$dir/$1.request" 2>/dev/null
  openssl ocsp -index "$dir/index" -CA "$dir/ca.pem" -rsigner "$dir/ca.pem" -rkey "$dir/ca.key" -ndays 1 -reqin "$dir/$1.request" \
    -respout "$dir/$1.der" >/dev/null 2>&1
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null

start() {  # LINE...: of the configuration
  printf '%s\n' 'listen = "127.0.0.1:0"' "store = \"sqlite:$dir/m.db\"" 'drain_s = 0' "$@" >"$dir/mailwake.toml"
  "$mailwake" serve --config "$dir/mailwake.toml" >"$dir/out" 2>"$dir/log" &
  server=$!
  await grep -q '^mailwake ready ' "$dir/out"
  address=$(sed -n 's/^mailwake ready https:..//p' "$dir/out")
}
stop() { kill "$server"; wait "$server"; server=; }
client() {  # OPTION...: what s_client says of a handshake
  timeout 20 openssl s_client -connect "$address" -servername localhost -CAfile "$dir/ca.pem" "$@" </dev/null 2>&1
}
get() {  # OPTION...: the same, with a request
  printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
    timeout 20 openssl s_client -connect "$address" -servername localhost -CAfile "$dir/ca.pem" -ign_eof "$@" 2>&1
}
weak='@SECLEVEL=0'  # or the client would not offer it

one_certificate() {  # KIND
  certificate "$1" "$1"
  start "cert = \"$dir/$1.pem\"" "key = \"$dir/$1.key\"" "tls.ocsp_response = \"$dir/$1.der\""

  say "$1: versions"
  check 'TLS 1.0 is refused' '*alert protocol version*' "$(client -tls1 -cipher "ALL$weak")"
  check 'TLS 1.1 is refused' '*alert protocol version*' "$(client -tls1_1 -cipher "ALL$weak")"
  check 'TLS 1.2, and the chain verifies' '*Protocol  : TLSv1.2*Verify return code: 0 (ok)*' "$(client -tls1_2)"
  check 'TLS 1.3, and the chain verifies' '*New, TLSv1.3*Verify return code: 0 (ok)*' "$(client -tls1_3)"
  check 'a request is served' '*HTTP/1.1 200 OK*' "$(get)"

  say "$1: ciphers"
  local authentication=${1^^} cipher
  for cipher in $(openssl ciphers -s -tls1_2 'ECDHE+AESGCM:ECDHE+CHACHA20' | tr : '\n' | grep -e "-$authentication-"); do
    check "$cipher" "*Cipher is $cipher*" "$(client -tls1_2 -cipher "$cipher")"
  done
  for cipher in TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_GCM_SHA256; do
    check "$cipher" "*Cipher is $cipher*" "$(client -tls1_3 -ciphersuites "$cipher")"
  done
  for cipher in "ECDHE-$authentication-AES128-SHA" "ECDHE-$authentication-AES256-SHA384" AES128-SHA AES256-GCM-SHA384 kRSA DHE aNULL eNULL 3DES; do
    [ -n "$(openssl ciphers -tls1_2 -s "$cipher$weak" 2>/dev/null)" ] || continue  # this openssl has none
    check "$cipher is refused" '*alert handshake failure*' "$(client -tls1_2 -cipher "$cipher$weak")"
  done
  check 'a key exchange without forward secrecy is none' '*Server Temp Key: X25519*' "$(client -tls1_2)"
  check 'P-256, after a second hello' '*Server Temp Key: ECDH, prime256v1*' "$(client -tls1_3 -groups P-521:P-256)"
  check 'finite fields are refused' '*alert handshake failure*' "$(client -tls1_3 -groups ffdhe2048:ffdhe8192)"

  say "$1: what else there is"
  check 'ALPN: http/1.1' '*ALPN protocol: http/1.1*' "$(client -alpn h2,http/1.1)"
  check 'ALPN: others alone are refused' '*alert no application protocol*' "$(client -alpn h2)"
  check 'no compression' '*Compression: NONE*' "$(client -tls1_2 -comp)"
  mkfifo "$dir/keys.$1"  # which stays open: else the client would end before the answer
  (exec 3<>"$dir/keys.$1"; echo R >&3; timeout 20 openssl s_client -connect "$address" -tls1_2 <"$dir/keys.$1" >"$dir/renegotiation" 2>&1)
  check 'no renegotiation' '*RENEGOTIATING*no renegotiation*' "$(cat "$dir/renegotiation")"
  check 'an OCSP response, stapled' '*OCSP Response Status: successful*Cert Status: good*' "$(client -status)"
  check 'and only if asked for' 'none' "$([[ $(client) == *OCSP\ Response\ Status* ]] || echo none)"
  for version in tls1_2 tls1_3; do
    get -$version -sess_out "$dir/session" >/dev/null
    check "a session is resumed, $version" '*Reused, TLS*' "$(client -$version -sess_in "$dir/session")"
  done

  check 'that it ends soon is told' '*certificate: it ends on * UTC: renew it*' "$(cat "$dir/log")"

  say "$1: a renewed certificate"
  mkfifo "$dir/open.$1"
  timeout 60 openssl s_client -connect "$address" -ign_eof <"$dir/open.$1" >"$dir/opened" 2>&1 &
  local open=$!
  exec 4>"$dir/open.$1"
  await grep -q 'Verify return code' "$dir/opened"
  certificate "$1" "$1"
  kill -HUP "$server"
  renewed() { [[ $(client | openssl x509 -noout -serial 2>/dev/null) == "serial=0$serial" ]]; }
  await renewed
  check 'its OCSP response too' "*Serial Number: 0$serial*" "$(client -status)"
  printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&4
  exec 4>&-
  wait "$open"
  check 'a connection that was open stays' '*HTTP/1.1 200 OK*' "$(cat "$dir/opened")"
  stop
}
one_certificate ecdsa
one_certificate rsa

say 'both certificates'
certificate first ecdsa 90
certificate second rsa 60
(umask 077; echo a-token >"$dir/token")
start "ingest_token_file = \"$dir/token\"" "cert = \"$dir/first.pem\"" "key = \"$dir/first.key\"" "tls.second_cert = \"$dir/second.pem\"" "tls.second_key = \"$dir/second.key\"" \
  "tls.ocsp_response = \"$dir/first.der\""
for version in tls1_2 tls1_3; do
  check "ECDSA for who can, $version" '*Peer signature type: ECDSA*Verify return code: 0 (ok)*' "$(client -$version)"
  check "RSA for who can that alone, $version" '*Peer signature type: RSA*Verify return code: 0 (ok)*' \
    "$(client -$version -sigalgs rsa_pss_rsae_sha256:RSA+SHA256)"
  check "the OCSP response of the first, $version" '*Cert Status: good*' "$(client -$version -status -sigalgs ECDSA+SHA256)"
  check "is not stapled to the second, $version" '*OCSP response: no response sent*' \
    "$(client -$version -status -sigalgs rsa_pss_rsae_sha256:RSA+SHA256)"
done
check 'the metric tells when the first of them ends' "*certificate_end_seconds $(date -d "$(openssl x509 -noout -enddate -in "$dir/second.pem" | cut -d= -f2)" +%s)*" \
  "$(printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a-token\r\nConnection: close\r\n\r\n' |
    timeout 20 openssl s_client -connect "$address" -ign_eof 2>&1)"
check 'nothing is said of one that ends later' none "$(grep -o 'certificate: it ends' "$dir/log" || echo none)"
check 'an RSA cipher' '*Cipher is ECDHE-RSA-AES128-GCM-SHA256*' "$(client -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256)"
certificate second rsa
kill -HUP "$server"
renewed() { [[ $(client -sigalgs rsa_pss_rsae_sha256 | openssl x509 -noout -serial 2>/dev/null) == "serial=0$serial" ]]; }
await renewed
check 'the second is renewed too' ok ok
stop

say 'two of one kind'
certificate second ecdsa
timeout 20 "$mailwake" serve --config "$dir/mailwake.toml" >"$dir/out" 2>"$dir/log"
check 'is exit code 2' 2 $?
check 'and says why' '*second.pem is of the same kind*' "$(cat "$dir/log")"

say "$failures failures"
[ "$failures" -eq 0 ]
