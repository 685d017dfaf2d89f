#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mailwake-sim as scripts use it: one JSON object, exit codes, the list of plants.
set -eu
sim=$1
json=$("$sim" --seeds 5 --from 2001 --json)
for field in '"seeds":5,' '"violations":0,' '"device_hours":' '"seconds":' '"P1":' '"P8":'; do
  echo "$json" | tr -d ' ' | grep -q "$field" || { echo "no $field in $json"; exit 1; }
done
"$sim" --help | grep -q -- --plant
test "$("$sim" --plant list | sort | uniq -d | wc -l)" -eq 0
test "$("$sim" --plant list | wc -l)" -ge 23
! "$sim" --plant no-such-plant 2>/dev/null
! "$sim" --no-such-flag 2>/dev/null
