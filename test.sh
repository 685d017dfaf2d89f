#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Sets up as run.sh does, builds everything, and runs every test. Safe to run again.
#
#   ./test.sh             the release build and all its tests
#   ./test.sh -R Promise  what follows goes to ctest
#   PRESET=asan ./test.sh the same under AddressSanitizer (tsan: ThreadSanitizer; dev: debug)
set -euo pipefail
cd "$(dirname "$0")"
preset=${PRESET:-release}

./run.sh setup-tests
[ "$preset" = release ] || cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" "$@"
