#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# plants_test.sh MAILWAKE-SIM SEEDS: each fault that can be planted is found by the seed that is recorded for it (lines "NAME SEED"). Where one
# is not, because the worlds were changed, look for another: mailwake-sim --plant NAME; and write that down.
set -eu
sim=$1
seeds=$2
failed=0
for name in $("$sim" --plant list); do
  seed=$(sed -n "s/^$name //p" "$seeds")
  if [ -z "$seed" ]; then
    echo "$name has no seed in $seeds"
    failed=1
  elif ! "$sim" --plant "$name" --seed "$seed" >/dev/null 2>&1; then
    echo "$name is not found by seed $seed any more"
    failed=1
  fi
done
[ "$failed" = 0 ] || exit 1
# And a seed finds nothing where nothing is planted.
"$sim" --seed "$(head -n 1 "$seeds" | cut -d ' ' -f 2)" >/dev/null
echo "ok: $("$sim" --plant list | wc -l) plants"
