# The README's test command, with every test counted.
set -uo pipefail
. .ci/report.sh

# The counter has to be right before anything that it counts.
go test ./.ci/count && go build -o "$WORK/bin/count" ./.ci/count || exit 1
go test -json ./... | "$WORK/bin/count" "$RESULTS"
# The tests' own verdict is in the rows; no row at all is a failure of the step.
[ -s "$RESULTS" ]
