# The same tests again, with the race detector, which needs cgo and a C compiler.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

if ! command -v gcc >/dev/null && ! debian gcc; then
  skip "go test -race: no C compiler"
  exit 0
fi
export CGO_ENABLED=1
check "go test -race" go test -race -timeout 25m ./...
