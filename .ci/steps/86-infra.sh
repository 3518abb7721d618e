# The infrastructure without an account: Terraform's own validate and test
# against the Google provider's schema, and faults that must be caught.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

readonly TERRAFORM=v1.11.4 CHECKOV=3.2.500
tools=$ROOT/../shared/tools
export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1

# find_terraform prints a Terraform of at least 1.11.
find_terraform() {
  local found
  if found=$(command -v terraform) && "$found" version 2>/dev/null | grep -E '^Terraform v(1\.(1[1-9]|[2-9][0-9])|[2-9])' >/dev/null; then
    echo "$found"
  else
    install_go github.com/hashicorp/terraform $TERRAFORM
  fi
}

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
cp -r infra "$copy"
rm -rf "$copy/.terraform"*

# test_terraform TERRAFORM: the tests, and how many seconds of a processor they
# took: how long they take depends on what else the machine does.
test_terraform() {
  local TIMEFORMAT='%U %S' user system
  { time "$1" -chdir="$copy" test -no-color >"$WORK/test.log" 2>&1; } 2>"$WORK/test.time"
  read -r user system <"$WORK/test.time"
  awk -v u="$user" -v s="$system" 'BEGIN { printf "%d\n", u + s }'
}

check_terraform() {
  local terraform=$1 plugins=$2 started took
  (cd "$copy" && "$terraform" init -backend=false -input=false -plugin-dir="$plugins") >"$WORK/init.log" 2>&1 || {
    tail -n 20 "$WORK/init.log"
    fail "terraform init"
    return
  }
  check "terraform fmt" "$terraform" -chdir="$copy" fmt -check -diff -recursive
  check "terraform validate" "$terraform" -chdir="$copy" validate
  started=$SECONDS
  took=$(test_terraform "$terraform")
  sed -nE 's/^  run "(.*)"\.\.\. (pass|fail|skip)$/\2\t\1/p' "$WORK/test.log" >"$WORK/test.rows"
  collect "terraform test" <"$WORK/test.rows"
  grep '^Success!' "$WORK/test.log" || {
    grep -A14 '^Error' "$WORK/test.log" | head -n 80
    fail "terraform test"
  }
  check "terraform test takes under 60 s ($took s of a processor, $((SECONDS - started)) s in all)" test "$took" -lt 60
}

check_shell() {
  command -v shellcheck >/dev/null || debian shellcheck || { skip "shellcheck: it is not installed and can't be"; return; }
  check "shellcheck: the pipeline's scripts" shellcheck -x -P SCRIPTDIR infra/scripts/deploy infra/scripts/canary.sh infra/scripts/rollback infra/scripts/smoke
  # SC2016: jq's variables; SC2034, SC2154: what a sourced file reads and sets.
  check "shellcheck: their tests" shellcheck -e SC2016,SC2034,SC2154,SC1091 .ci/infra/*.sh
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
  check "smoke: where nobody answers it is red" not bash infra/scripts/smoke "$SERVER_URL"
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
  cp Dockerfile "$copy/"
  check "checkov" "$home/bin/checkov" --config-file .ci/infra/checkov.yaml --directory "$copy"
}

# What alerts wait for in the log, and what the dashboard draws, must be what
# the program writes.
check_words() {
  local words metric missing=$WORK/missing
  : >"$missing"
  while read -r words; do
    grep -rqF --include='*.go' -- "$words" cmd pkg || echo "no log line says: $words" >>"$missing"
  done < <(sed -n 's/.*jsonPayload\.message=\\"\([^\\]*\)\\".*/\1/p; s/.*\[for words in \[\(.*\)\] :.*/\1/p' infra/monitoring.tf infra/alerts.tf | sed 's/", "/\n/g' | tr -d '"')
  while read -r metric; do
    grep -rqE --include='*.go' -- "\"$(sed -E 's/_(total|bucket|seconds|seconds_bucket)$//; s/_seconds$//; s/_/[._]/g' <<<"$metric")\"" pkg/telemetry || echo "no metric is named $metric" >>"$missing"
  done < <(grep -oE '\b(mcp|stackroom)_[a-z_]+' infra/dashboard.json.tftpl | sort -u)
  cat "$missing"
  check "alerts and dashboard name what the program writes" test ! -s "$missing"
}

bash .ci/infra/rules.sh "$ROOT" >"$WORK/rules.rows"
collect "infra rules" <"$WORK/rules.rows"
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

# install_provider sets plugins, a plugin folder of Terraform. The real provider
# is used where STACKROOM_TF_PROVIDER_DIR names a folder that has it. It is not
# built here: that takes 14 minutes and 8 GB. Else it is a provider that knows the
# real one's schema, and that of the resources in .ci/infra/schema.json, only.
install_provider() {
  if [ -n "${STACKROOM_TF_PROVIDER_DIR-}" ]; then
    plugins=$STACKROOM_TF_PROVIDER_DIR
    [ -d "$plugins/registry.terraform.io" ] && return
    echo "STACKROOM_TF_PROVIDER_DIR is $plugins, which has no provider"
    return 1
  fi
  local stub=$WORK/stub-provider
  plugins=$(cache_folder terraform-stub "$tools"/terraform/install-stub "$tools"/terraform/stub-provider/* .ci/infra/schema.json)
  [ -d "$plugins/registry.terraform.io" ] && return
  mkdir -p "$stub" && cp "$tools"/terraform/install-stub "$stub/" && cp -r "$tools"/terraform/stub-provider "$stub/" && chmod -R u+w "$stub" || return
  gzip -dc "$tools/terraform/stub-provider/schema.json.gz" |
    jq -c --slurpfile more .ci/infra/schema.json '.provider_schemas[].resource_schemas += $more[0]' |
    gzip -9n >"$stub/stub-provider/schema.json.gz" || return
  "$stub/install-stub" "$plugins"
}

[ -n "${STACKROOM_TF_PROVIDER_DIR-}" ] || echo "NOTE  the real Google provider is not here (STACKROOM_TF_PROVIDER_DIR): the tests run against its schema"
if ! terraform=$(find_terraform 2>"$WORK/terraform.log"); then
  tail -n 3 "$WORK/terraform.log"
  skip "terraform: it could not be installed"
elif ! install_provider >"$WORK/stub.log" 2>&1; then
  tail -n 3 "$WORK/stub.log"
  skip "terraform: the provider's schema could not be built"
else
  check_terraform "$terraform" "$plugins"
  bash .ci/infra/faults.sh "$ROOT" "$plugins" "$terraform" "$lint" "$WORK/faults" >"$WORK/faults.rows"
  collect "planted faults" <"$WORK/faults.rows"
fi
