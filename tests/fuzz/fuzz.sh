#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh SECONDS [NAME...]: builds the fuzzers (preset fuzz: clang, ASan, UBSan) and lets each search for so long, two at a time, from its
# corpus and with what earlier searches found (build/fuzz/found/NAME). Exits with 1 if one died; the input is then in build/fuzz/died.
#
#   tests/fuzz/fuzz.sh 15            a quick look at all
#   tests/fuzz/fuzz.sh 3600 engine   an hour of one
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-}
[[ $seconds =~ ^[0-9]+$ ]] || { echo 'usage: tests/fuzz/fuzz.sh SECONDS [NAME...]; the names are those in tests/fuzz/corpus'; exit 2; }
shift
[ $# -gt 0 ] && names=("$@") || mapfile -t names < <(ls tests/fuzz/corpus)
command -v clang++-14 >/dev/null || { echo 'clang++-14 is not installed: apt-get install clang-14 libclang-rt-14-dev'; exit 77; }
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
mkdir -p build/fuzz/died

search() {
  local name=$1 longest=1500
  case $name in sqlite) longest=120 ;; esac
  mkdir -p "build/fuzz/found/$name"
  build/fuzz/bin/fuzz_"$name" -max_total_time="$seconds" -max_len="$longest" -len_control=0 -timeout=60 -rss_limit_mb=4096 -artifact_prefix="build/fuzz/died/$name-" \
    "build/fuzz/found/$name" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1 ||
    { tail -n 40 "build/fuzz/$name.log"; echo "FAILED: fuzz_$name; the input is in build/fuzz/died"; return 1; }
  echo "$name: $(grep -a 'cov:' "build/fuzz/$name.log" | tail -n 1 | sed 's/.*cov: \([0-9]*\).*corp: \([0-9]*\).*/\1 edges, \2 inputs/'), $(grep -a '^Done' "build/fuzz/$name.log")"
}

failed=0
for ((i = 0; i < ${#names[@]}; i += 2)); do
  running=()
  for name in "${names[@]:i:2}"; do search "$name" & running+=($!); done
  for pid in "${running[@]}"; do wait "$pid" || failed=1; done
done
exit "$failed"
