#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# at_stake.sh MAILWAKE-SIM PAGE [--write]: plays the worlds that PAGE names in its line `<!-- at stake: ... -->` and compares how often each
# promise was at stake with the table that stands there; with --write, writes it there.
set -eu
sim=$1
page=$2
worlds=$(sed -n 's/^<!-- at stake: \(.*\) -->$/\1/p' "$page")
new=$(mktemp)
trap 'rm -f "$new" "$new.table"' EXIT
# shellcheck disable=SC2086
"$sim" $worlds --table >"$new.table"
awk -v table="$new.table" '
  /^<!-- end -->$/ { inside = 0 }
  !inside { print }
  /^<!-- at stake: / { inside = 1; while ((getline line < table) > 0) print line }
' "$page" >"$new"
if [ "${3:-}" = --write ]; then
  cat "$new" >"$page"
elif ! diff "$page" "$new"; then
  echo "the table in $page is not what the worlds show (>): tests/sim/at_stake.sh MAILWAKE-SIM $page --write"
  exit 1
fi
