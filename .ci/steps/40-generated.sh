# What is generated from the code must be what the code generates now.
set -uo pipefail
. .ci/report.sh

check "README's tool table is fresh" go run ./cmd/stackroom catalog --check README.md
