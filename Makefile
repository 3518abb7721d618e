# The words people type. Each target is one command that also works by itself.

.PHONY: help run test lint race fixtures ci

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

run: ## serve the sample or imported library on http://127.0.0.1:8080/
	go run ./cmd/stackroom serve

test: ## run the tests that need nothing but Go
	go test ./...

lint: ## run the static checks of CI
	bash .ci/run 20

race: ## run the tests under the race detector (needs a C compiler)
	bash .ci/run 30

fixtures: ## collect the test collections of .ci/fixtures/manifest.tsv
	bash .ci/fixtures/collect

ci: ## run everything that CI runs
	bash .ci/run
