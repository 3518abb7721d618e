# Every benchmark runs once, the large ones over a twentieth of their works. Figures
# are not checked here, only that it still works.
set -uo pipefail
. .ci/report.sh

check "every benchmark runs" go test -short -run '^$' -bench . -benchtime 1x -timeout 14m ./...
