# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the test speaks: LMTP, IMAP and ActiveSync's WBXML, with bash alone. Sourced by dovecot_test.sh.

# ---- LMTP -------------------------------------------------------------------------------------------------------------------------------

lmtp_reply() {  # CODE
  local line
  while IFS= read -r -t 30 line <&"$lmtp"; do
    line=${line%$'\r'}
    note "LMTP < $line"
    [[ $line =~ ^[0-9]{3}' ' ]] || continue
    [[ $line == "$1"* ]] || fail "LMTP answered: $line"
    return
  done
  fail "LMTP fell silent"
}

lmtp_say() {  # LINE CODE
  note "LMTP > $1"
  printf '%s\r\n' "$1" >&"$lmtp"
  lmtp_reply "$2"
}

# deliver USER...: one mail to all of them. Returns when Dovecot has taken it for each.
deliver() {
  local user
  exec {lmtp}<>"/dev/tcp/127.0.0.1/$lmtp_port"
  lmtp_reply 220
  lmtp_say "LHLO test" 250
  lmtp_say "MAIL FROM:<sender@example.org>" 250
  for user; do
    lmtp_say "RCPT TO:<$user>" 250
  done
  lmtp_say DATA 354
  printf 'From: sender@example.org\r\nSubject: hello\r\nMessage-ID: <%s@example.org>\r\n\r\nA mail.\r\n.\r\n' "$RANDOM$RANDOM" >&"$lmtp"
  for user; do
    lmtp_reply 250
  done
  exec {lmtp}>&-
}

# ---- IMAP: one session at a time --------------------------------------------------------------------------------------------------------

imap_send() {
  imap_tag=$((${imap_tag:-0} + 1))
  note "IMAP > a$imap_tag $1"
  printf 'a%d %s\r\n' "$imap_tag" "$1" >&"$imap"
}

imap_finish() {
  local line
  while IFS= read -r -t 30 line <&"$imap"; do
    line=${line%$'\r'}
    note "IMAP < $line"
    [[ $line == "a$imap_tag OK"* ]] && return
    [[ $line == "a$imap_tag "* ]] && fail "IMAP answered: $line"
  done
  fail "IMAP fell silent"
}

imap() {
  imap_send "$1"
  imap_finish
}

imap_open() {  # USER FOLDER
  exec {imap}<>"/dev/tcp/127.0.0.1/$imap_port"
  imap "LOGIN $1 secret"
  imap "SELECT \"$2\""
}

imap_close() {
  imap "LOGOUT"
  exec {imap}>&-
}

imap_append() {  # FOLDER
  local mail=$'Subject: a draft\r\n\r\nText.\r\n'
  imap "APPEND \"$1\" {${#mail}+}"$'\r\n'"$mail"
}

# ---- WBXML ------------------------------------------------------------------------------------------------------------------------------

wbxml_text() { printf '\x03%s\x00' "$1"; }

ping_body() {  # HEARTBEAT FOLDER...
  local folder
  printf '\x03\x01\x6a\x00\x00\x0d\x45\x48'
  wbxml_text "$1"
  printf '\x01\x49'
  shift
  for folder; do
    printf '\x4a\x4b'
    wbxml_text "$folder"
    printf '\x01\x4c'
    wbxml_text Email
    printf '\x01\x01'
  done
  printf '\x01\x01'
}

folder_sync_body() {
  printf '\x03\x01\x6a\x00\x00\x07\x56\x52'
  wbxml_text 0
  printf '\x01\x01'
}

# wbxml_texts FILE: a line "PAGE:TAG TEXT" for each text of a document, tags in hexadecimal as on the wire.
wbxml_texts() {
  local -a bytes
  read -ra bytes <<<"$(od -An -v -tx1 "$1" | tr '\n' ' ')"
  local i=4 page=00 tag=00 text
  while ((i < ${#bytes[@]})); do
    case ${bytes[i]} in
      00) page=${bytes[i + 1]} i=$((i + 1)) ;;
      01) ;;
      03)
        text=''
        while i=$((i + 1)) && [[ ${bytes[i]} != 00 ]]; do
          text+="\\x${bytes[i]}"
        done
        printf "%s:%s $text\n" "$page" "$tag" ;;
      *) tag=${bytes[i]} ;;
    esac
    i=$((i + 1))
  done
}
