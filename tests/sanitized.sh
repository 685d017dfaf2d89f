#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sanitized.sh asan|tsan PROGRAM...: builds these test programs in the preset of that sanitizer (build/asan, build/tsan) and runs them.
# Exits with 1 if a test fails or the sanitizer says something. FILTER is gtest's.
#
#   tests/sanitized.sh asan engine_test
#   MAILWAKE_STRESS_CALLS=20000 tests/sanitized.sh tsan stress_test
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target "$@" | tail -n 1
for program in "$@"; do
  began=$SECONDS
  "build/$preset/bin/$program" --gtest_brief=1 --gtest_filter="${FILTER:-*}" || { echo "FAILED: $program in build/$preset"; exit 1; }
  echo "$program under $preset: $((SECONDS - began)) s"
done
