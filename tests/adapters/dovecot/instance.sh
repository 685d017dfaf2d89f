# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A Dovecot and a mailwake of the test's own, in one temporary directory. Sourced by dovecot_test.sh.

skip() { echo "SKIPPED: $*"; exit 77; }

fail() {
  printf '\nFAILED: %s\n' "$*"
  for log in transcript dovecot.log mailwake.log; do
    printf -- '---- the end of %s\n' "$log"
    tail -n 25 "$tmp/$log" 2>/dev/null
  done
  exit 1
}

# wait_for WHAT COMMAND...: until the command succeeds, at most 20 s.
wait_for() {
  local what=$1 end=$((SECONDS + 20))
  shift
  until "$@"; do
    ((SECONDS < end)) || fail "waited 20 s for $what"
    sleep 0.02
  done
}

note() { printf '%s\n' "$*" >>"$tmp/transcript"; }

# Debian's packages; their service is not started.
install_packages() {
  local package missing=()
  for package in dovecot-core dovecot-imapd dovecot-lmtpd curl openssl; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  command -v apt-get >/dev/null || skip "needs ${missing[*]}, and there is no apt-get"
  echo "installing ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d ours=no code=0
  if [[ ! -e $policy ]]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}"; } \
    >"$tmp/apt.log" 2>&1 </dev/null || code=$?
  [[ $ours == yes ]] && rm -f "$policy"
  ((code == 0)) || { tail -n 5 "$tmp/apt.log"; skip "could not install ${missing[*]}"; }
  if [[ -d /run/systemd/system && ${missing[*]} == *dovecot-core* ]]; then
    systemctl --quiet disable dovecot.service dovecot.socket 2>/dev/null || true
  fi
}

free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# ---- mailwake ---------------------------------------------------------------------------------------------------------------------------

make_secrets() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$tmp/mailwake.key" -out "$tmp/mailwake.crt" 2>/dev/null
  (umask 077 && openssl rand -hex 24 >"$tmp/token")
  install -m 640 -g "$mail_group" "$tmp/token" "$tmp/dovecot.token"
  echo 'drain_s = 1' >"$tmp/mailwake.toml"
  chmod 644 "$tmp/mailwake.crt"
}

start_mailwake() {  # [PORT]
  : >"$tmp/mailwake.out"
  "$mailwake" serve --config "$tmp/mailwake.toml" --listen "127.0.0.1:${1:-0}" --store "sqlite:$tmp/mailwake.db" \
    --cert "$tmp/mailwake.crt" --key "$tmp/mailwake.key" --ingest-token-file "$tmp/token" >>"$tmp/mailwake.out" 2>>"$tmp/mailwake.log" &
  mailwake_pid=$!
  local i
  for ((i = 0; i < 1000; i++)); do
    url=$(sed -n 's/^mailwake ready //p' "$tmp/mailwake.out")
    [[ -n $url ]] && return
    kill -0 "$mailwake_pid" 2>/dev/null || fail "mailwake did not start"
    sleep 0.02
  done
  fail "mailwake was not ready within 20 s"
}

stop_mailwake() {
  kill "$mailwake_pid"
  wait "$mailwake_pid" || fail "mailwake ended with $?"
}

# ---- Dovecot ----------------------------------------------------------------------------------------------------------------------------

dovecot_config() {
  cat <<END
base_dir = $tmp/run
state_dir = $tmp/run
log_path = $tmp/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = sdbox:~/mail
mail_plugins = notify mail_lua push_notification push_notification_lua
ssl_client_ca_file = $tmp/mailwake.crt
passdb {
  driver = passwd-file
  args = $tmp/users
}
userdb {
  driver = passwd-file
  args = $tmp/users
  default_fields = uid=$mail_user gid=$mail_group home=$tmp/mail/%u
}
service imap-login {
  inet_listener imap {
    port = $imap_port
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp_port
  }
}
namespace inbox {
  inbox = yes
  mailbox Drafts {
    special_use = \\Drafts
    auto = create
  }
  mailbox Sent {
    special_use = \\Sent
    auto = create
  }
}
plugin {
  push_notification_driver = lua:file=$sources/mailwake.lua
  mailwake_url = $url
  mailwake_token_file = $tmp/dovecot.token
  mailwake_spool = $tmp/spool
  mailwake_folders = yes
}
END
}

start_dovecot() {
  mkdir -p "$tmp/run" "$tmp/mail" "$tmp/spool"/{open,suspect,folders}
  chown "$mail_user:$mail_group" "$tmp/mail" "$tmp/spool"/*
  local i try
  for try in 1 2 3; do
    imap_port=$(free_port) lmtp_port=$(free_port)
    dovecot_config >"$tmp/dovecot.conf"
    dovecot -F -c "$tmp/dovecot.conf" 2>>"$tmp/dovecot.log" &
    dovecot_pid=$!
    for ((i = 0; i < 500; i++)); do
      { exec 3<>"/dev/tcp/127.0.0.1/$imap_port" && exec 4<>"/dev/tcp/127.0.0.1/$lmtp_port"; } 2>/dev/null && exec 3>&- 4>&- && return
      kill -0 "$dovecot_pid" 2>/dev/null || break
      sleep 0.02
    done
    note "Dovecot did not start at the try $try"
    kill "$dovecot_pid" 2>/dev/null
  done
  fail "Dovecot did not start"
}

stop_all() {
  local pid
  for pid in "${dovecot_pid-}" "${mailwake_pid-}" "${request[@]}"; do
    [[ -z $pid ]] || { kill -CONT "$pid" && kill "$pid"; } 2>/dev/null
  done
  wait 2>/dev/null
  rm -rf "$tmp"
}
