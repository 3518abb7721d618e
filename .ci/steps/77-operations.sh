# What an admin relies on: the OpenTelemetry collector, built from its own
# modules, gets what the server sends, and nothing grows over many calls. What
# being observed costs is measured by: go -C cmd/loadtest run . -compare telemetry
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

readonly BUILDER=go.opentelemetry.io/collector/cmd/builder VERSION=v0.159.0

# install_collector sets COLLECTOR. Building it takes minutes, once.
install_collector() {
  local home builder
  home=$(cache_folder collector .ci/operations/collector.yaml)
  COLLECTOR=$home/collector
  [ -x "$COLLECTOR" ] && return 0
  builder=$(install_go "$BUILDER" "$VERSION") || return 1
  rm -rf "$home.new" && mkdir -p "$home.new" && cp .ci/operations/collector.yaml "$home.new/" || return 1
  (cd "$home.new" && "$builder" --config collector.yaml) && rm -rf "$home" && mv "$home.new" "$home"
}

go build -o "$WORK/bin/count" ./.ci/count || exit 1
if install_collector >"$WORK/install.log" 2>&1; then
  STACKROOM_TEST_COLLECTOR=$COLLECTOR tier "operations: a collector" '^TestTheCollector' ./cmd/stackroom
else
  tail -n 4 "$WORK/install.log"
  skip "operations: the collector could not be built"
fi

STACKROOM_TEST_LONG=1 STACKROOM_TEST_CALLS=100000 tier "operations: many calls" '^TestNothingGrows$' ./cmd/stackroom
# Takes five minutes.
[ -z "${CI_FULL-}" ] || STACKROOM_TEST_LONG=1 tier "operations: 100,000 entries in memory" '^TestImport_StaysInMemory$' ./cmd/stackroom
STACKROOM_TEST_LONG=1 tier "operations: stalled requests" '^TestAttack' ./pkg/server
