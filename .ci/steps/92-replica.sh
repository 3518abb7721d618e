# Zotero libraries against their bars: the program over a stand-in of Zotero's API
# on loopback. The bars on times, and the library of 40,000 works, need a quiet
# machine and CI_FULL=1.
set -uo pipefail
. .ci/report.sh

choice=(-works 5000 -latency 10ms -counts)
[ -z "${CI_FULL-}" ] || choice=()
if ! go build -o "$WORK/bin/replicabench" ./.ci/replica; then
  fail "replica: the program that measures is built"
  exit 0
fi
timeout 900 "$WORK/bin/replicabench" -stackroom "$WORK/bin/stackroom" "${choice[@]}" >"$WORK/replica.rows" 2>"$WORK/replica.log"
sed -n 's/^note\t/      /p' "$WORK/replica.rows"
grep -v '^note' "$WORK/replica.rows" | collect "replica"
