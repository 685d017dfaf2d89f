#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh [NAME...]: how many lines of its module the inputs of each fuzzer reach: those of its corpus, and those that searches have found
# (build/fuzz/found/NAME). Each file of the module is listed. Needs clang-14 and llvm-14.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] && names=("$@") || mapfile -t names < <(ls tests/fuzz/corpus)
command -v llvm-cov-14 >/dev/null && command -v clang++-14 >/dev/null || { echo 'llvm-cov-14 is not installed: apt-get install clang-14 llvm-14'; exit 77; }

module() {
  case $1 in
    engine) echo engine/src engine/include ;;
    activesync) find adapters/fronts/activesync -name '*.cc' ! -name query.cc | sort | tr '\n' ' ' ;; # that one is query's
    wbxml) echo adapters/fronts/wbxml ;;
    query) echo adapters/fronts/activesync/query.cc adapters/fronts/activesync/user.cc ;;
    http) echo adapters/fronts/https/request_reader.cc ;;
    edges) echo adapters/fronts/https/{proxy_header,forwarded,networks,peer_address}.cc adapters/sources/http/sync_ticket.cc adapters/server/passwd_file.cc ;;
    changes) echo adapters/sources/http/{change_lines,folder_list,json_text,target}.cc ;;
    config) echo adapters/server/{config,config_keys}.cc ;;
    sqlite) echo adapters/stores/sqlite ;;
  esac
}

flags='-fprofile-instr-generate -fcoverage-mapping'
cmake -S . -B build/coverage -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_C_COMPILER=clang-14 -DCMAKE_BUILD_TYPE=Debug \
  -DMAILWAKE_BENCH=OFF -DCMAKE_CXX_FLAGS="$flags" >build/coverage.log
cmake --build build/coverage --target "${names[@]/#/replay_}" >>build/coverage.log || { tail build/coverage.log; exit 1; }

for name in "${names[@]}"; do
  rm -f build/coverage/"$name"-*.profraw
  inputs=(tests/fuzz/corpus/"$name")
  [ ! -d "build/fuzz/found/$name" ] || inputs+=("build/fuzz/found/$name")
  LLVM_PROFILE_FILE="build/coverage/$name-%p.profraw" build/coverage/bin/replay_"$name" "${inputs[@]}" >/dev/null
  llvm-profdata-14 merge -o "build/coverage/$name.profdata" build/coverage/"$name"-*.profraw
  # Columns 8 to 10: lines, those not reached, and how many are. All files are reported and the module's taken from them: its own filter fails
  # where a compiler cache has made the paths relative.
  llvm-cov-14 report build/coverage/bin/replay_"$name" -instr-profile="build/coverage/$name.profdata" |
    awk -v name="$name" -v module="$(module "$name")" '
      BEGIN { parts = split(module, part, " ") }
      /%/ {
        for (i = 1; i <= parts; i++) if (index($1, part[i]) > 0) {
          lines += $8; missed += $9; rows = rows sprintf("  %-44s %5d lines, %s\n", $1, $8, $10)
        }
      }
      END { printf "%s: %.1f%% of the lines\n%s", name, 100 * (lines - missed) / lines, rows }'
done
