# Every benchmark runs once. Its figures are not checked here, only that it still
# works.
set -uo pipefail
. .ci/report.sh

check "every benchmark runs" go test -run '^$' -bench . -benchtime 1x -timeout 14m ./...
