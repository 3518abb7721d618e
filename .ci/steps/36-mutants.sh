# One-line changes that a test should notice. Running them takes ten minutes, so
# that is for CI_FULL=1; that each still applies is checked always.
set -uo pipefail
. .ci/report.sh

check "the program that runs mutants" go test -count=1 ./.ci/mutants
check "every mutant applies" go run ./.ci/mutants -check
if [ "${CI_FULL:-}" = 1 ]; then
  check "the tests notice at least 85 % of the mutants" go run ./.ci/mutants
fi
