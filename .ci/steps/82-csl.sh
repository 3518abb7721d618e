# The standard test suite of the Citation Style Language, where it is collected.
set -uo pipefail
. .ci/report.sh

suite=${STACKROOM_FIXTURES:+$STACKROOM_FIXTURES/../csl}
if [ -z "$suite" ] || [ ! -d "$suite/test-suite" ]; then
  skip "csl: the standard test suite is not collected"
  exit 0
fi
go build -o "$WORK/bin/count" ./.ci/count || exit 1
STACKROOM_CSL_FIXTURES=$suite tier "csl: the standard test suite" '^TestSuite$' ./pkg/csl
