# What is generated from the code must be what the code generates now.
set -uo pipefail
. .ci/report.sh

check "the tool table in README.md is current" go run ./cmd/stackroom catalog --check README.md
check "the settings in docs/settings.md are current" go run ./cmd/stackroom catalog --check docs/settings.md
check "the settings in docs/settings-server.md are current" go run ./cmd/stackroom catalog --check docs/settings-server.md
