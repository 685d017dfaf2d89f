#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real Dovecot tells a real mailwake what changed, and exactly the PINGs that it concerns end: dovecot_test.sh MAILWAKE SOURCES, which are
# the program and the folder adapters/sources/dovecot. Prints every step. Exits 77 if it cannot run here (Dovecot's master must be root).

set -u -o pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
mailwake=$1
sources=$2
mail_user=nobody
mail_group=nogroup
ann=ann@example.org bob=bob@example.org carol=carol@example.org

# shellcheck source-path=SCRIPTDIR source=instance.sh
. "$here/instance.sh"
# shellcheck source=protocols.sh
. "$here/protocols.sh"
# shellcheck source=devices.sh
. "$here/devices.sh"

[[ $(id -u) == 0 ]] || skip "needs root, to start a Dovecot"
[[ -x $mailwake ]] || skip "there is no program $mailwake"
tmp=$(mktemp -d /tmp/mailwake-dovecot.XXXXXX)
chmod 755 "$tmp"
trap stop_all EXIT
install_packages

helper() { note "mailwake-dovecot $*: $("$sources/mailwake-dovecot" -c "$tmp/dovecot.conf" "$@" 2>&1)"; }
spool() { (cd "$tmp/spool" && find . -type f ! -name boot_id | sort | tr '\n' ' '); }

# ---- set up -----------------------------------------------------------------------------------------------------------------------------

make_secrets
for user in "$ann" "$bob"; do
  printf 'secret\n' | "$mailwake" user add "$user" --store "sqlite:$tmp/mailwake.db" >>"$tmp/mailwake.log" 2>&1 || fail "user add $user"
done
# bob's folder list is not declared; carol is nobody to mailwake.
cat >"$tmp/users" <<END
$ann:{PLAIN}secret::::::
$bob:{PLAIN}secret::::::userdb_mailwake_folders=no
$carol:{PLAIN}secret::::::
END
start_mailwake
start_dovecot
doveadm -c "$tmp/dovecot.conf" mailbox create -u "$ann" Work
doveadm -c "$tmp/dovecot.conf" mailbox create -u "$bob" Lists
helper flush
helper folders "$ann"
echo "mailwake at $url, $(dovecot --version | sed 's/^/Dovecot /') with IMAP on $imap_port and LMTP on $lmtp_port"

owner[annphone]=$ann
folder_sync annphone >"$tmp/annphone.folders"
note "ann's folders: $(<"$tmp/annphone.folders")"
grep -qx 'INBOX 2' "$tmp/annphone.folders" && grep -qx 'Work 12' "$tmp/annphone.folders" && grep -qx 'Sent 5' "$tmp/annphone.folders" ||
  fail "ann's folder list is not as declared: $(<"$tmp/annphone.folders")"
device annphone "$ann" INBOX Sent
device anntablet "$ann" Work
device bobphone "$bob" INBOX Lists
printf '      annphone watches INBOX and Sent, anntablet Work; bobphone INBOX and Lists\n'

# ---- mail arrives -----------------------------------------------------------------------------------------------------------------------

step "LMTP: a mail for ann"
deliver "$ann"
expect annphone='changed INBOX'

step "LMTP: a mail for ann and bob"
deliver "$ann" "$bob"
expect annphone='changed INBOX' bobphone='changed INBOX'

step "LMTP: a mail for carol, whom mailwake does not know"
deliver "$carol"
expect

# ---- IMAP -------------------------------------------------------------------------------------------------------------------------------

imap_open "$ann" INBOX

step "IMAP: ann reads a mail's header (BODY.PEEK)"
imap "FETCH 1 (FLAGS BODY.PEEK[HEADER])"
expect

step "IMAP: ann sets a flag"
imap "STORE 1 +FLAGS (\\Flagged)"
expect annphone='changed INBOX'

step "IMAP: the same flag again, which changes nothing"
imap "STORE 1 +FLAGS (\\Flagged)"
expect

step "IMAP: ann clears it"
imap "STORE 1 -FLAGS (\\Flagged)"
expect annphone='changed INBOX'

step "IMAP: ann sets a keyword"
imap "STORE 1 +FLAGS (\$Forwarded)"
expect annphone='changed INBOX'

step "IMAP: ann clears the keyword"
imap "STORE 1 -FLAGS (\$Forwarded)"
expect annphone='changed INBOX'

step "IMAP: ann reads a mail whole, which makes it seen"
imap "FETCH 2 (BODY[TEXT])"
expect annphone='changed INBOX'

step "IMAP: ann appends a draft to Drafts, which nobody watches"
imap_append Drafts
expect

step "IMAP: ann appends a mail to Sent"
imap_append Sent
expect annphone='changed Sent'

step "IMAP: ann copies a mail from INBOX to Work"
imap "COPY 1 Work"
expect anntablet='changed Work'

step "IMAP: ann moves a mail from INBOX to Work"
imap "UID MOVE 1 Work"
expect annphone='changed INBOX' anntablet='changed Work'

step "IMAP: ann marks the other mail as deleted"
imap "STORE 1 +FLAGS.SILENT (\\Deleted)"
expect annphone='changed INBOX'

step "IMAP: ann expunges it"
imap "EXPUNGE"
expect annphone='changed INBOX'

# ---- folders ----------------------------------------------------------------------------------------------------------------------------

step "IMAP: ann creates a folder; her list is declared again"
imap "CREATE Receipts"
helper flush
expect annphone=hierarchy anntablet=hierarchy
grep -qx 'Receipts 12' "$tmp/annphone.folders" || fail "Receipts is not in the list: $(<"$tmp/annphone.folders")"

step "IMAP: ann renames it"
imap "RENAME Receipts Bills"
helper flush
expect annphone=hierarchy anntablet=hierarchy
grep -qx 'Bills 12' "$tmp/annphone.folders" && ! grep -q '^Receipts' "$tmp/annphone.folders" ||
  fail "the list has not the new name: $(<"$tmp/annphone.folders")"

step "IMAP: ann deletes it"
imap "DELETE Bills"
helper flush
expect annphone=hierarchy anntablet=hierarchy
! grep -q '^Bills' "$tmp/annphone.folders" || fail "Bills is still in the list: $(<"$tmp/annphone.folders")"

step "doveadm: a folder of ann with a name over 64 bytes; its id is the name's start and a hash"
long="Rechnungen/Österreich und Übersee/für das Jahr zweitausendsechsundzwanzig, Müller & Söhne"
doveadm -c "$tmp/dovecot.conf" mailbox create -u "$ann" "$long"
helper flush
expect annphone=hierarchy anntablet=hierarchy
long_id=$(sed -n 's/^\(Rechnungen.*~[0-9a-f]\{16\}\) 12$/\1/p' "$tmp/annphone.folders")
[[ -n $long_id ]] || fail "no hashed id in the list: $(<"$tmp/annphone.folders")"
printf '      its id  %s\n' "$long_id"
device annwatch "$ann" "$long_id"

step "doveadm: a mail is saved there"
printf 'Subject: a bill\n\nText.\n' | doveadm -c "$tmp/dovecot.conf" save -u "$ann" -m "$long"
expect annwatch="changed $long_id"

imap_close
imap_open "$bob" INBOX
step "IMAP: bob, whose list is not declared, deletes a folder that his device watches"
imap "DELETE Lists"
expect bobphone='changed Lists'
imap_close

# ---- when mailwake is away --------------------------------------------------------------------------------------------------------------

step "mailwake is stopped; LMTP: a mail for ann is taken all the same"
stop_mailwake
deliver "$ann"
printf '      spool  %s\n' "$(spool)"
[[ $(spool) == *"./suspect/$ann "* ]] || fail "the spool has no suspect mailbox: $(spool)"
step "mailwake is back; the devices wait again, it knows of no change"
start_mailwake "${url##*:}"
hold_all
expect
step "mailwake-dovecot flush: what was missed is made up for"
helper flush
expect annphone='changed INBOX,Sent' anntablet='changed Work' annwatch="changed $long_id"
[[ $(spool) == '' ]] || fail "the spool is not empty: $(spool)"

step "mailwake hangs; LMTP: a mail for bob is taken all the same"
kill -STOP "$mailwake_pid"
deliver "$bob"
kill -CONT "$mailwake_pid"
[[ $(spool) == *"./suspect/$bob "* ]] || fail "the spool has no suspect mailbox: $(spool)"
expect
step "the next attempt is due; IMAP: a change of bob in another folder makes up for it without flush"
rm "$tmp"/spool/open/down.*
imap_open "$bob" INBOX
imap_append Drafts
expect bobphone='changed INBOX,Lists'
[[ $(spool) == '' ]] || fail "the spool is not empty: $(spool)"

step "an IMAP process is killed between its commit and mailwake's acknowledgement"
# A new process: without an open connection to mailwake nothing of its POST can wait in a socket and be read after its death.
imap_close
imap_open "$bob" INBOX
kill -STOP "$mailwake_pid"
imap_send "STORE 1 +FLAGS (\\Answered)"
find_marker() { marker=$(cd "$tmp/spool/open" && compgen -G "[0-9]*.$bob"); }
is_committed() { doveadm -c "$tmp/dovecot.conf" fetch -u "$bob" flags mailbox INBOX 1 | grep -q Answered; }
wait_for "the transaction's mark in the spool" find_marker
wait_for "the commit" is_committed
kill -KILL "${marker%%.*}"
kill -CONT "$mailwake_pid"
exec {imap}>&-
printf '      spool  %s\n' "$(spool)"
wait_for "the end of the process" test ! -d "/proc/${marker%%.*}"
expect
step "mailwake-dovecot flush: its mark in the spool tells of it"
helper flush
expect bobphone='changed INBOX,Lists'
[[ $(spool) == '' ]] || fail "the spool is not empty: $(spool)"

step "after all that: a mail for ann"
deliver "$ann"
expect annphone='changed INBOX'

grep -E '(Error|Fatal|Panic):' "$tmp/dovecot.log" | grep -v 'killed with signal 9' && fail "Dovecot logged errors"
printf '\n%d steps, each PING as expected\n' "$steps"
