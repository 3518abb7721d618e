# pkg/bucket and snapshots against fake-gcs-server, in a module of its own.
set -uo pipefail
. .ci/report.sh

gcs() { go -C .ci/gcs test -count=1 ./...; }
tidy() { go -C .ci/gcs mod tidy -diff; }
if ! go -C .ci/gcs mod download >"$WORK/gcs.log" 2>&1; then
  tail -n 4 "$WORK/gcs.log"
  skip "fake-gcs-server: it could not be downloaded"
  exit 0
fi
check "pkg/bucket keeps its contract and snapshots over fake-gcs-server" gcs
check "go mod tidy changes nothing in .ci/gcs" tidy
