#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The house rules that a machine can check. Prints each breach as FILE: what; exits 1 if there is one.
set -uo pipefail
cd "$1" || exit 1
breaches=0
breach() { echo "$1"; breaches=$((breaches + 1)); }

mapfile -t code < <(find engine adapters bench tests docs/examples -name '*.h' -o -name '*.cc' | sort)
mapfile -t pages < <(find README.md docs -name '*.md' | sort)

for file in "${code[@]}"; do
  lines=$(wc -l <"$file")
  [ "$lines" -le 500 ] || breach "$file: $lines lines; split it into two nouns (500 at most)"
  head -n 1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || breach "$file: the first line is not the licence"
  awk -v f="$file" 'length($0) > 140 && !/https?:\/\// { print f ":" NR ": longer than 140 columns"; bad = 1 } END { exit bad }' "$file" || breaches=$((breaches + 1))
done

# Public headers: short, and with the facts at their head.
for file in engine/include/mailwake/*.h adapters/include/mailwake/adapters/*.h; do
  [ "$(wc -l <"$file")" -le 250 ] || breach "$file: a public header of over 250 lines"
  sed -n 3p "$file" | grep -q '^// ' || breach "$file: does not open with its purpose"
done
[ "$(ls engine/include/mailwake/*.h | wc -l)" -le 12 ] || breach "engine/include/mailwake: more than twelve public headers"

# Layers: the engine includes itself, abseil, Boost.Signals2 and std; an adapter does not include another adapter's insides.
grep -nE '#include [<"]' -r engine/include engine/src | grep -vE '"(mailwake|engine/src)/|<(absl|boost/signals2)/|<[a-z_]+>' &&
  breach "engine: includes something that is neither its own, abseil, Boost.Signals2 nor std"
while IFS=: read -r file _ include; do
  own=$(dirname "${file#adapters/}") other=$(echo "$include" | sed -E 's|.*"adapters/(.*)/[^/]*".*|\1|')
  [ "$own" = "$other" ] || case "$own" in server*) ;; *) breach "$file: includes the insides of adapters/$other" ;; esac
done < <(grep -nE '#include "adapters/' -r adapters --include='*.h' --include='*.cc')
grep -nE '#include "(adapters|bench|tests)/' -r engine && breach "engine: an arrow that goes the wrong way"

# Every test is built, every one that docs/security.md names is there, every decision is in the map.
for file in $(find tests -name '*_test.cc'); do
  dir=$(dirname "$file")
  grep -qE "$(basename "$file")|GLOB" "$dir/CMakeLists.txt" || breach "$file: is not built"
done
tests=$({
  grep -rhoE '^TEST(_[FP])?\([A-Za-z0-9]+, [A-Za-z0-9]+' tests --include='*.cc' | sed 's/.*(//; s/, /./'
  grep -rhoE 'add_test\(NAME [A-Za-z]+' tests --include=CMakeLists.txt | cut -d' ' -f2
} | sort -u)
while read -r name; do
  pattern=${name//./\\.} pattern=${pattern//\*/.*}
  grep -qE "^$pattern(\\.|\$)|\\.$pattern\$" <<<"$tests" || breach "docs/security.md: no test is called $name"
done < <(sed -n 's/^|.*|\([^|]*\)|$/\1/p' docs/security.md | grep -oE '`[A-Z][A-Za-z0-9]*[A-Za-z0-9.*]*`' | tr -d '`' | sort -u)
for page in "${pages[@]}"; do
  [ "$(grep -c '^# ' "$page")" -ge 1 ] || breach "$page: has no title"
done
grep -nE 'absl::Mutex' -r engine adapters bench --include='*.h' --include='*.cc' | grep -v mutex.h && breach "use mailwake::Mutex: ThreadSanitizer cannot see into a packaged absl::Mutex"
grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -r engine adapters bench tests --include='*.h' --include='*.cc' && breach "left-over words"
grep -nE 'sleep_for|SleepFor|\busleep\(' -r tests/engine tests/support --include='*.cc' --include='*.h' && breach "a sleep in a test of the engine: time is an argument"

[ "$breaches" -eq 0 ] && echo "style: ${#code[@]} source files, ${#pages[@]} pages, no breach"
[ "$breaches" -eq 0 ]
