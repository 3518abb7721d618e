# A Zotero data folder made from collected items: each is read whole. The bars on
# times, for 40,000 works, need a quiet machine and CI_FULL=1.
set -uo pipefail
. .ci/report.sh

if [ -z "${STACKROOM_FIXTURES-}" ]; then
  skip "zotero data: the collected data is not there"
  exit 0
fi
export STACKROOM_TEST_ZOTERO_DATA=$STACKROOM_FIXTURES
tier "zotero data: collected items" '^TestRealItems_AreWhole$' ./pkg/zotero/datafolder
[ -z "${CI_FULL-}" ] || tier "zotero data: 40,000 works in time" '^TestLargeZoteroData_IsReadInTime$' ./cmd/stackroom
