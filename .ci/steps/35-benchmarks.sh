# Every benchmark runs once, the large ones over a twentieth of their works. Figures
# are not checked here, only that it still works.
set -uo pipefail
. .ci/report.sh

# A package without one is not built.
benchmarked() { go list -f '{{.Dir}}' ./... | while read -r dir; do ! grep -qs '^func Benchmark' "$dir"/*_test.go || echo "$dir"; done; }

# go test runs the benchmarks of one package at a time: two of it run side by side.
each() { benchmarked | xargs -P 2 -n 6 go test -short -run '^$' -bench . -benchtime 1x -timeout 14m; }

check "every benchmark runs" each
