#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cmake=$1 build=$2 work=$3 compiler=$4 sanitize=$5
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$work/prefix" "$work/consumer"
"$cmake" --install "$build" --prefix "$work/prefix" >/dev/null
flags=${sanitize:+-fsanitize=$sanitize}
"$cmake" -S "$here/consumer" -B "$work/consumer" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" \
  -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
"$cmake" --build "$work/consumer" >/dev/null
"$work/consumer/consumer"
"$work/prefix/bin/mailwake" --version
