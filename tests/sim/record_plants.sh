#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# record_plants.sh MAILWAKE-SIM PLANTS [NAME...]: looks for each plant, or for these, and writes down the seed that finds it and the words in
# which the broken promise shows. Needed whenever the simulated worlds are others than before. Says where a plant breaks another promise than
# it did: that may be as good, or the fault of a checker. Exits 1 if one is not found; its line stays as it was.
set -eu
sim=$1
plants=$2
shift 2
new=$(mktemp)
trap 'rm -f "$new"' EXIT
failed=0
for name in $("$sim" --plant list); do
  old=$(grep "^$name " "$plants" || true)
  if [ $# -gt 0 ] && ! echo "$*" | tr ' ' '\n' | grep -qx -- "$name"; then
    [ -z "$old" ] || echo "$old" >>"$new"
  elif said=$("$sim" --plant "$name" 2>&1); then
    said=$(echo "$said" | tail -n 1)
    echo "$said"
    line=$(echo "$said" | sed -E 's/^plant ([^ ]*): found by seed ([0-9]+): (.*)$/\1 \2 \3/; s/ \(after [^ ]* s\)$//')
    echo "$line" >>"$new"
    was=$(echo "$old" | cut -d ' ' -f 3-)
    [ "$was" = "$(echo "$line" | cut -d ' ' -f 3-)" ] || echo "  was: $was"
  else
    echo "$said" | tail -n 1
    [ -z "$old" ] || echo "$old" >>"$new"
    failed=1
  fi
done
cat "$new" >"$plants"
exit "$failed"
