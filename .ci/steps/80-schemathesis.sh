# Schemathesis makes requests out of /openapi.json, right and wrong ones, and
# holds every answer against what the document promises.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

if ! install_python >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "schemathesis: it could not be installed"
  exit 0
fi
mkdir -p "$WORK/schemathesis-data"
if ! STACKROOM_DATA=$WORK/schemathesis-data start_server "$WORK/schemathesis-server.log" "$WORK/bin/stackroom" serve; then
  fail "schemathesis: stackroom serve did not start"
  exit 0
fi

# The seed is fixed, so that a failure can be had again; the run is bounded in
# examples. Every operation is one row.
(cd "$WORK" && "${PYTHON%/*}/st" --config-file "$ROOT/.ci/schemathesis.toml" --no-color run "$SERVER_URL/openapi.json" --seed 20260728 --max-examples 60 \
  --continue-on-failure --workers 2 --report junit --report-junit-path "$WORK/schemathesis.xml" >"$WORK/schemathesis.log" 2>&1)
status=$?
[ "$status" -eq 0 ] || sed 's/^/      /' "$WORK/schemathesis.log" | tail -n 200
"$PYTHON" - "$WORK/schemathesis.xml" <<'END' | collect schemathesis
import sys
import xml.etree.ElementTree as tree

for case in tree.parse(sys.argv[1]).iter("testcase"):
    bad = case.find("failure") is not None or case.find("error") is not None
    left = case.find("skipped") is not None
    print("fail" if bad else "skip" if left else "pass", case.get("name"), sep="\t")
END
if [ "$status" -eq 0 ]; then pass "schemathesis: its own verdict"; else fail "schemathesis: status $status"; fi
