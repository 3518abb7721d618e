# What can be said of the code without running it.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

# Both are built from source, with the Go that builds the project.
readonly GOLANGCI_LINT=v2.12.2 GOVULNCHECK=v1.8.0

formatted() { ! gofmt -l . | grep .; }

check "go vet" go vet ./...
check "gofmt" formatted
check "go mod tidy changes nothing" go mod tidy -diff

if lint=$(install_go github.com/golangci/golangci-lint/v2/cmd/golangci-lint $GOLANGCI_LINT); then
  # Its cache remembers the paths of the checkout that filled it, and the rules
  # here go by path: each checkout has a cache of its own.
  GOLANGCI_LINT_CACHE=$CACHE/golangci-lint-$(sha256sum <<<"$ROOT" | cut -c1-16)
  export GOLANGCI_LINT_CACHE
  check "golangci-lint" "$lint" run --timeout=10m ./...
else
  skip "golangci-lint: it could not be installed"
fi

vulnerabilities=$ROOT/../shared/tools/vulndb/vulndb.tar.gz
if [ ! -f "$vulnerabilities" ]; then
  skip "govulncheck: no offline database beside the repository"
elif scan=$(install_go golang.org/x/vuln/cmd/govulncheck $GOVULNCHECK); then
  mkdir -p "$WORK/vulndb" && tar -xzf "$vulnerabilities" -C "$WORK/vulndb"
  check "govulncheck" "$scan" -db "file://$WORK/vulndb/index" ./...
else
  skip "govulncheck: it could not be installed"
fi
