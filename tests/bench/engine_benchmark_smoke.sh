#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# engine_benchmark with a thousand PINGs: every workload runs on every index, the counts are right (a wrong one is an error in the output),
# and the names are those that scripts rely on. No timing.
set -euo pipefail
out=$("$1" --smoke --benchmark_format=json 2>/dev/null)

fail() { echo "$1"; exit 1; }
! grep -q '"error_occurred"' <<<"$out" || fail "wrong: $(grep -B 12 '"error_message"' <<<"$out")"

names=$(grep -oE '"name": "[^"]*"' <<<"$out" | cut -d '"' -f 4)
odd=$(grep -vE '^[a-z_]+/[a-z_0-9]+/pings:[0-9]+/devices:[0-9]+/threads:[12]$' <<<"$names" || true)
[ -z "$odd" ] || fail "names of another form: $odd"
[ -z "$(sort <<<"$names" | uniq -d)" ] || fail 'a name stands twice'
for workload in cycle publish_unwatched publish_unwatched_folder hold_cancel expire churn latency; do
  for impl in mailwake signals2 condvar flat flat64; do
    for threads in 1 2; do
      grep -qx "$workload/$impl/pings:1000/devices:1/threads:$threads" <<<"$names" || fail "$workload/$impl/threads:$threads did not run"
    done
  done
done
for workload in hot_folder hot_folder_one storm cycle_long_ids rearm; do
  grep -q "^$workload/mailwake/" <<<"$names" || fail "$workload did not run"
done
for floor in floor_lookup floor_miss floor_chain floor_line; do
  grep -qx "$floor/floor/pings:1000/devices:5/threads:2" <<<"$names" || fail "$floor did not run"
done
filtered=$("$1" --smoke --benchmark_format=json '--benchmark_filter=^cycle/flat64/.*devices:2/threads:1$' 2>/dev/null | grep -c '"name"')
[ "$filtered" = 1 ] || fail "the filter chose $filtered instead of 1"
echo "$(wc -l <<<"$names") benchmarks, all counts right"
