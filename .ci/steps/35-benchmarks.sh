# Every benchmark runs, once: what it measures is for people to ask, but one
# that no longer works should be known before somebody needs it.
set -uo pipefail
. .ci/report.sh

check "every benchmark runs" go test -run '^$' -bench . -benchtime 1x -timeout 14m ./...
