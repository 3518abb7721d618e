# A Zotero data folder made from collected items: each is read whole. The bars on
# times, for 40,000 works, need a quiet machine and CI_FULL=1.
set -uo pipefail
. .ci/report.sh

if [ -z "${STACKROOM_FIXTURES-}" ]; then
  skip "zotero data: the collected data is not there"
  exit 0
fi
choice=AreWhole
[ -z "${CI_FULL-}" ] || choice=
STACKROOM_TEST_ZOTERO_DATA=$STACKROOM_FIXTURES tier "zotero data: collected items" "^TestRealItems_$choice" ./pkg/zotero/datafolder
