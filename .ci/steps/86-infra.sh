# The infrastructure without an account: Terraform's own validate and test
# against the Google provider's schema, and faults that must be caught.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

. .ci/infra/provider.sh

readonly CHECKOV=3.2.500
tools=$ROOT/../shared/tools

# built NAME FOLDER: builds a checker of the tools folder once, and prints
# its path.
built() {
  local name=$1 folder=$2 home
  home=$(cache_folder "$name" "$folder"/main.go "$folder"/go.sum)
  [ -x "$home/$name" ] || (cd "$folder" && CGO_ENABLED=0 go build -o "$home/$name" .) >&2 || return 1
  echo "$home/$name"
}

# A copy, so that nothing of Terraform's is left in the repository.
copy=$WORK/infra-copy

# test_terraform NAME TERRAFORM: runs the tests, and prints how many seconds of a
# processor they took. With Go's own pace, a quarter of them collects garbage.
test_terraform() {
  local TIMEFORMAT='%U %S' user system
  { time GOGC=400 "$2" -chdir="$copy" test -no-color >"$WORK/test.log" 2>&1; } 2>"$WORK/test.time"
  sed -nE 's/^  run "(.*)"\.\.\. (pass|fail|skip)$/\2\t\1/p' "$WORK/test.log" >"$WORK/test.rows"
  collect "$1" <"$WORK/test.rows" >&2
  grep '^Success!' "$WORK/test.log" >&2 || {
    grep -A14 '^Error' "$WORK/test.log" | head -n 80 >&2
    fail "$1" >&2
  }
  read -r user system <"$WORK/test.time"
  awk -v u="$user" -v s="$system" 'BEGIN { printf "%d\n", u + s }'
}

# with_stub TERRAFORM PLUGINS: what the provider's schema and our own patterns of
# values can tell.
with_stub() {
  local terraform=$1 took
  if ! terraform_copy "$terraform" "$2" "$copy" >"$WORK/init.log" 2>&1; then
    tail -n 20 "$WORK/init.log"
    fail "terraform init"
    return
  fi
  check "terraform fmt" "$terraform" -chdir="$copy" fmt -check -diff -recursive
  check "terraform validate" "$terraform" -chdir="$copy" validate
  took=$(test_terraform "terraform test" "$terraform")
  check "terraform test takes under 90 s of a processor ($took s)" test "$took" -lt 90
  # Verbose tests keep a process for each run, so the refused inputs, which have
  # no plan, are left out.
  GOGC=400 "$terraform" -chdir="$copy" test -json -verbose -filter=tests/minimal.tftest.hcl -filter=tests/full.tftest.hcl -filter=tests/options.tftest.hcl 2>/dev/null | python3 .ci/infra/patterns.py >"$WORK/patterns.rows"
  collect "terraform's values" <"$WORK/patterns.rows"
}

# with_provider TERRAFORM: the same tests and whole plans, with the real provider.
with_provider() {
  local terraform=$1
  if [ -z "${STACKROOM_TF_PROVIDER_DIR-}" ]; then
    skip "terraform with the REAL provider: STACKROOM_TF_PROVIDER_DIR is not set, so ONLY THE STUB WAS ASKED"
    return
  fi
  if ! terraform_copy "$terraform" "$STACKROOM_TF_PROVIDER_DIR" "$copy" >"$WORK/init.log" 2>&1; then
    tail -n 20 "$WORK/init.log"
    fail "terraform init with the real provider of $STACKROOM_TF_PROVIDER_DIR"
    return
  fi
  check "terraform validate, with the real provider" "$terraform" -chdir="$copy" validate
  test_terraform "terraform test, with the real provider" "$terraform" >/dev/null
  bash .ci/infra/plan.sh "$terraform" "$copy" >"$WORK/plan.rows"
  collect "with the real provider" <"$WORK/plan.rows"
}

# The published provider is locked, by the checksums of at least eight systems.
locked() {
  local lock=infra/.terraform.lock.hcl
  [ "$(grep -c '"zh:' "$lock")" -ge 8 ] && grep -q '^  version     = "7\.' "$lock" && grep -qF 'constraints = ">= 7.45.0, < 8.0.0"' "$lock"
}

check_shell() {
  command -v shellcheck >/dev/null || debian shellcheck || { skip "shellcheck: it is not installed and can't be"; return; }
  check "shellcheck: the pipeline's scripts" shellcheck -x -P SCRIPTDIR -e SC2015 infra/scripts/deploy infra/scripts/canary.sh infra/scripts/rollback infra/scripts/smoke
  # SC2016: jq's variables; SC2034, SC2154: what a sourced file reads and sets.
  check "shellcheck: the tests" shellcheck -e SC2016,SC2034,SC2154,SC1091 .ci/infra/*.sh
}

check_smoke() {
  local inspector
  mkdir -p "$WORK/smoke-data"
  if ! STACKROOM_DATA=$WORK/smoke-data start_server "$WORK/smoke-server.log" "$WORK/bin/stackroom" serve; then
    fail "smoke: stackroom serve did not start"
    return
  fi
  check "smoke: a real server answers it, asked with curl" env SMOKE_QUERY=evolution bash infra/scripts/smoke "$SERVER_URL"
  if install_node >"$WORK/install.log" 2>&1; then
    export MCP_CATALOG_PATH=$WORK/smoke-inspector.json MCP_INSPECTOR_SECRET_STORE=memory
    inspector="$NODE $NODE_HOME/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    check "smoke: a real server answers it, asked by the official Inspector" env SMOKE_QUERY=evolution INSPECTOR="$inspector" bash infra/scripts/smoke "$SERVER_URL"
  else
    skip "smoke: the Inspector could not be installed"
  fi
  stop_server
  check "smoke: without an answer it is red" not bash infra/scripts/smoke "$SERVER_URL"
}

not() { ! "$@"; }

# checkov's own rules. Those that are switched off are choices, each with its
# reason in the file.
check_checkov() {
  local home=$CACHE/checkov-$CHECKOV
  if [ ! -f "$home/installed" ]; then
    rm -rf "$home"
    { python3 -m venv "$home" && "$home/bin/pip" install --quiet --disable-pip-version-check "checkov==$CHECKOV" && touch "$home/installed"; } >"$WORK/checkov.log" 2>&1 ||
      { tail -n 2 "$WORK/checkov.log"; skip "checkov: it could not be installed"; return; }
  fi
  mkdir -p "$WORK/checkov" && cp -r infra/. Dockerfile "$WORK/checkov/"
  check "checkov" "$home/bin/checkov" --config-file .ci/infra/checkov.yaml --directory "$WORK/checkov"
}

# What alerts wait for in the log, and what the dashboard draws, must be what
# the program writes.
check_words() {
  local words metric missing=$WORK/missing
  : >"$missing"
  while read -r words; do
    grep -rqF --include='*.go' -- "$words" cmd pkg || echo "no log line says: $words" >>"$missing"
  done < <(sed -n 's/.*jsonPayload\.message=\\"\([^\\]*\)\\".*/\1/p; s/.*\[for words in \[\(.*\)\] :.*/\1/p' infra/alerts.tf | sed 's/", "/\n/g' | tr -d '"')
  while read -r metric; do
    grep -rqE --include='*.go' -- "\"$(sed -E 's/_(total|bucket|seconds|seconds_bucket)$//; s/_seconds$//; s/_/[._]/g' <<<"$metric")\"" pkg/telemetry || echo "no metric is named $metric" >>"$missing"
  done < <(grep -oE '\b(mcp|stackroom)_[a-z_]+' infra/dashboard.json.tftpl | sort -u)
  cat "$missing"
  check "alerts and dashboard name what the program writes" test ! -s "$missing"
}

bash .ci/infra/rules.sh "$ROOT" >"$WORK/rules.rows"
collect "infra rules" <"$WORK/rules.rows"
check "terraform: the provider is locked" locked
check_words
check_shell
check_smoke
check_checkov

lint=
if [ ! -d "$tools" ]; then
  skip "terraform and Dockerfile: the checkers are not beside the repository"
  exit 0
fi
if lint=$(built dockerfile-lint "$tools/dockerfile-lint" 2>"$WORK/lint.log"); then
  check "BuildKit's own checks of the Dockerfile" "$lint" Dockerfile
else
  lint=
  skip "BuildKit's own checks of the Dockerfile: they could not be built"
fi
if ! terraform=$(find_terraform 2>"$WORK/terraform.log"); then
  tail -n 3 "$WORK/terraform.log"
  skip "terraform: it could not be installed"
elif ! plugins=$(stub_provider "$tools" 2>"$WORK/stub.log"); then
  tail -n 3 "$WORK/stub.log"
  skip "terraform: the provider's schema could not be built"
else
  with_stub "$terraform" "$plugins"
  with_provider "$terraform"
  bash .ci/infra/faults.sh "$ROOT" "$plugins" "$terraform" "$lint" "$WORK/faults" >"$WORK/faults.rows"
  collect "planted faults" <"$WORK/faults.rows"
fi
