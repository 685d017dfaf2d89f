#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mailwake-sim as scripts use it: one JSON object, exit codes, the list of plants. A plant that is found exits 0 and tells the seed.
set -eu
sim=$1
"$sim" --seeds 5 --from 2001 --json | python3 -c '
import json, sys
out = json.load(sys.stdin)
assert out["seeds"] == 5 and out["violations"] == 0, out
assert out["device_hours"] > 0 and out["seconds"] > 0, out
assert sorted(out["at_stake"]) == ["P%d" % i for i in range(1, 9)], out
'
"$sim" --help | grep -q -- --plant
test "$("$sim" --plant list | sort | uniq -d | wc -l)" -eq 0
test "$("$sim" --plant list | wc -l)" -ge 23
! "$sim" --plant no-such-plant 2> /dev/null
! "$sim" --no-such-flag 2> /dev/null
