# Stackroom over a real server that speaks Zotero's Web API, filled with real
# items: the tests that STACKROOM_TEST_ZOTERO=1 turns on.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh
. .ci/zotero/server.sh

if [ -z "${STACKROOM_FIXTURES-}" ]; then
  skip "zotero: the collected data is not there"
  exit 0
fi
if ! install_zotero >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "zotero: the server could not be installed"
  exit 0
fi

trap stop_zotero EXIT
if ! prepare_zotero "$WORK/zotero" || ! start_zotero; then
  fail "zotero: the server did not start"
  exit 0
fi

most=400 # works of each source that a library gets
[ -z "${CI_FULL-}" ] || most=1200
fill() { go run ./.ci/zotero -most "$most" -url "http://127.0.0.1:$ZOTERO_PORT" -out "$WORK/seed.json" "$@"; }

# refills is a second run, which must find everything there.
refills() { fill | tee "$WORK/refill.log" && grep -q '^0 objects written' "$WORK/refill.log"; }

check "zotero: the server takes the collected items" fill
sed 's/^/      /' "$WORK/check.log"
check "zotero: filling it again writes nothing" refills
[ -f "$WORK/seed.json" ] || exit 0
# Step 95 begins with what the server has now.
cp -r "$ZOTERO_HOME/state" "$WORK/zotero-filled" || rm -rf "$WORK/zotero-filled"

go build -o "$WORK/bin/count" ./.ci/count || exit 1
# The contract first: the other tests end by stopping the server. With CI_FULL=1 the two
# members make 5,000 changes, under the race detector.
STACKROOM_TEST_ZOTERO=1 ZOTERO_TEST_SEED=$WORK/seed.json \
  tier "zotero: the contract" ^TestZotero ./pkg/zotero
if [ -n "${CI_FULL-}" ]; then
  STACKROOM_TEST_LONG=1 CGO_ENABLED=1 GOFLAGS=-race STACKROOM_TEST_ZOTERO=1 ZOTERO_TEST_SEED=$WORK/seed.json \
    tier "zotero: two members" ^TestZoteroTwoMembers ./cmd/stackroom
fi
STACKROOM_TEST_ZOTERO=1 ZOTERO_TEST_SEED=$WORK/seed.json ZOTERO_TEST_SERVER=$ROOT/.ci/zotero/server.sh \
  tier "zotero: the whole program" ^TestZotero ./cmd/stackroom
