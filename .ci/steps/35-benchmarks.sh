# Every benchmark runs once, the large ones over a twentieth of their works. Figures
# are not checked here, only that it still works.
set -uo pipefail
. .ci/report.sh

# A package without one is not built.
benchmarked() { go list -f '{{.Dir}}' ./... | while read -r dir; do ! grep -qs '^func Benchmark' "$dir"/*_test.go || echo "$dir"; done; }

# go test runs benchmarks of one package at a time, so two of it run.
each() { benchmarked | xargs -P 2 -n 6 go test -short -run '^$' -bench . -benchtime 1x -timeout 14m; }

check "every benchmark runs" each
