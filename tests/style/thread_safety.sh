#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# thread_safety.sh BUILD_DIRECTORY [PATTERN]: clang's -Wthread-safety over each of our .cc files that sees a lock of ours, though another
# compiler builds them: what is written down as guarded is touched with its lock held, and a lock is given back on every way. Exits with 1
# if not.
#
#   tests/style/thread_safety.sh build/release               all
#   tests/style/thread_safety.sh build/release adapters/drivers
set -euo pipefail
cd "$(dirname "$0")/../.."
commands=$1/compile_commands.json
pattern=${2:-.}
command -v clang++-14 >/dev/null || { echo 'clang++-14 is not installed: apt-get install clang-14'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Whoever has a lock, or includes such a header itself: a guarded member is private to its class, whose files include its header.
mapfile -t lockers < <(grep -rlE 'Mutex|GUARDED_BY' --include='*.h' engine adapters bench tests | grep -v '/mutex\.h$' |
  sed -E 's|^.*include/||' | sort)
printf '%s\n' "${lockers[@]}" 'Mutex' 'GUARDED_BY' >"$work/names"
grep -rlFf "$work/names" --include='*.cc' engine adapters bench tests docs/examples | grep -e "$pattern" | sort >"$work/files"

# One command a file, without what only gcc knows, without what it would write.
awk -v here="$PWD/" '
  FNR == NR { wanted[here $0] = 1; next }
  /^ *"directory":/ { gsub(/^ *"directory": "|",?$/, ""); directory = $0 }
  /^ *"command":/ { gsub(/^ *"command": "|",?$/, ""); gsub(/\\"/, "\""); gsub(/\\\\/, "\\"); command = $0 }
  /^ *"file":/ {
    gsub(/^ *"file": "|",?$/, "")
    if (!wanted[$0]) next
    wanted[$0] = 0
    sub(/^[^-]*/, "", command); sub(/ -o .*/, "", command)
    print "cd " directory " && clang++-14 -fsyntax-only " command " -Wno-everything -Wthread-safety -Werror=thread-safety " $0
  }' "$work/files" "$commands" >"$work/commands"
[ -s "$work/commands" ] || { echo "no file of $commands has a lock"; exit 1; }
failed=0
xargs -d '\n' -n 1 -P "$(nproc)" sh -c <"$work/commands" || failed=1
echo "thread safety: $(wc -l <"$work/commands") of $(wc -l <"$work/files") files with locks are built here, and were looked at"
exit "$failed"
