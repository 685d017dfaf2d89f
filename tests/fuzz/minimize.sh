#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# minimize.sh NAME...: what searches have found (build/fuzz/found/NAME) goes into the corpus: the fewest inputs that reach as much.
set -euo pipefail
cd "$(dirname "$0")/../.."
for name in "$@"; do
  fewest=$(mktemp -d)
  build/fuzz/bin/fuzz_"$name" -set_cover_merge=1 "$fewest" "tests/fuzz/corpus/$name" "build/fuzz/found/$name" >"build/fuzz/$name-merge.log" 2>&1
  rm -f tests/fuzz/corpus/"$name"/*
  cp "$fewest"/* "tests/fuzz/corpus/$name/"
  rm -rf "$fewest"
  echo "$name: $(ls "tests/fuzz/corpus/$name" | wc -l) inputs"
done
