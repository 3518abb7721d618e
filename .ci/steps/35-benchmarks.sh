# Every benchmark runs once, the large ones over a twentieth of their works. Figures
# are not checked here, only that it still works.
set -uo pipefail
. .ci/report.sh

# A package without one is not built.
benchmarked() { go list -f '{{.Dir}}' ./... | while read -r dir; do ! grep -qs '^func Benchmark' "$dir"/*_test.go || echo "$dir"; done; }
mapfile -t packages < <(benchmarked)

check "every benchmark runs" go test -short -run '^$' -bench . -benchtime 1x -timeout 14m "${packages[@]}"
