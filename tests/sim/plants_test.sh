#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# plants_test.sh MAILWAKE-SIM PLANTS: each fault that can be planted is found by the seed that is recorded for it, and breaks the promise
# that is recorded, in those words (lines "NAME SEED WORDS", the numbers in them as #). Where one is not, because the simulation was changed:
# record_plants.sh MAILWAKE-SIM PLANTS, and look at what it says has changed.
set -eu
sim=$1
plants=$2
failed=0
for name in $("$sim" --plant list); do
  seed=$(sed -n "s/^$name \([0-9]*\) .*/\1/p" "$plants")
  words=$(sed -n "s/^$name [0-9]* //p" "$plants")
  if [ -z "$seed" ]; then
    echo "$name has no seed in $plants"
    failed=1
  elif ! said=$("$sim" --plant "$name" --seed "$seed" 2>&1); then
    echo "$name is not found by seed $seed: $(echo "$said" | tail -n 1)"
    failed=1
  else
    said=$(echo "$said" | tail -n 1 | sed 's/ (after [^ ]* s)$//')
    [ "$said" = "plant $name: found by seed $seed: $words" ] || { echo "$said"; echo "  recorded: $words"; failed=1; }
  fi
done
for name in $(cut -d ' ' -f 1 "$plants"); do
  "$sim" --plant list | grep -qx -- "$name" || { echo "$name is in $plants and is no plant"; failed=1; }
done
[ "$failed" = 0 ] || exit 1
echo "ok: $("$sim" --plant list | wc -l) plants"
