#!/usr/bin/env bash
# Plants faults, one each in a copy, and says which check catches it.
# Prints rows "pass|fail|skip<TAB>name".
#
#   faults.sh SOURCE PLUGINS TERRAFORM DOCKERFILE_LINT WORK
#
# DOCKERFILE_LINT may be "": then what only it can see is skipped.
set -uo pipefail
source=${1:?the source} plugins=${2:?a plugin folder} terraform=${3:?terraform} lint=$4 work=${5:?a folder to work in}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export GOGC=400 # a quarter less of Terraform's time

row() { printf '%s\t%s\n' "$1" "$2"; }

# The checks, each red or green of the folder $1.
validate() { (cd "$1/infra" && "$terraform" validate >/dev/null 2>&1); }
rules() { [ "$(bash "$here/rules.sh" "$1" | grep -c '^fail')" -eq 0 ]; }
buildkit() { "$lint" "$1/Dockerfile" >/dev/null 2>&1; }

# A file of Terraform's tests: all of them, or the one that $2 names. It takes one run
# of a file, which needs no other, a tenth of the time. Red is a run that failed, not a
# file that can't be read.
minimal() { tests minimal "$@"; }
full() { tests full "$@"; }
refused() { tests refused "$@"; }
options() { tests options "$@"; }
numbers() { tests numbers "$@"; }
owner() { tests owner "$@"; }
tests() {
  local said
  alone "$@"
  said=$(cd "$2/infra" && "$terraform" test -no-color 2>&1)
  ! grep -qE '^  run ".*"\.\.\. fail$' <<<"$said" && { [ -n "${3-}" ] || grep -q '^Success!' <<<"$said"; }
}

# alone FILE FOLDER [RUN]: leaves one file of tests, and one run in it.
alone() {
  local file=$2/infra/tests/$1.tftest.hcl content
  find "$2/infra/tests" -name '*.tftest.hcl' ! -path "$file" -delete
  [ -n "${3-}" ] || return 0
  content=$(awk -v run="run \"$3\" {" '/^run "/ { other = $0 != run } !other; /^}/ { other = 0 }' "$file")
  printf '%s\n' "$content" >"$file"
}

# A test alone has no plan of some resources, which is no fault.
patterns() {
  local rows
  alone full "$@"
  rows=$(cd "$1/infra" && "$terraform" test -json -verbose 2>/dev/null | python3 "$here/patterns.py")
  grep -q '^pass' <<<"$rows" && ! grep '^fail' <<<"$rows" | grep -v ': no plan has it$' | grep -q .
}

# ready is a copy that Terraform has initialised; each fault gets a copy of it.
ready=$work/ready
mkdir -p "$ready"
cp -r "$source/infra" "$source/docs" "$source/Dockerfile" "$source/.dockerignore" "$ready/"
rm -rf "$ready/infra/.terraform"*
(cd "$ready/infra" && "$terraform" init -backend=false -input=false -plugin-dir="$plugins" >/dev/null 2>&1)

copy() {
  rm -rf "$work/copy"
  cp -r "$ready" "$work/copy"
}

# plant NAME CHECK[:RUN] FILE OLD NEW: the check must be red of a copy in which OLD
# is NEW, once.
plant() {
  local name=$1 check=${2%%:*} run='' file=$work/copy/$3
  [ "$check" = "$2" ] || run=${2#*:}
  if [ "$check" = buildkit ] && [ -z "$lint" ]; then row skip "$name: BuildKit's checks are not here"; return; fi
  copy
  OLD=$4 NEW=$5 perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/' "$file"
  if cmp -s "$file" "$source/$3"; then row fail "$name: it could not be planted"; return; fi
  if "$check" "$work/copy" "$run"; then row fail "$name: $2 does not see it"; else row pass "$name, caught by $2"; fi
}

# That all tests pass without a fault, the step has seen before.
for check in validate rules minimal:the_service owner patterns:sign_in_with_zotero; do
  run=
  [[ $check != *:* ]] || run=${check#*:}
  copy
  "${check%%:*}" "$work/copy" "$run" || row fail "without a fault $check is red already"
done
if [ -n "$lint" ] && ! buildkit "$work/copy"; then row fail "without a fault buildkit is red already"; fi

plant "an attribute that there is not" validate infra/service.tf '  session_affinity  ' '  sticky_sessions  '
plant "an attribute that is needed and missing" validate infra/registry.tf '  format        = "DOCKER"' ''
plant "a value that is none of the possible ones" validate infra/service.tf '"EXECUTION_ENVIRONMENT_GEN2"' '"EXECUTION_ENVIRONMENT_GEN7"'
plant "a value that is none, where it depends on an input" minimal:the_service infra/service.tf '"INGRESS_TRAFFIC_ALL"' '"INGRESS_TRAFFIC_EVERYBODY"'
plant "a value of the wrong kind" validate infra/service.tf 'cpu_idle          = !local.cpu_always' 'cpu_idle          = "mostly"'
plant "a resource that does not exist" validate infra/outputs.tf 'google_artifact_registry_repository.images' 'google_artifact_registry_repository.pictures'
plant "a misspelt role" rules infra/identity.tf 'roles/run.developer' 'roles/run.developr'
plant "an owner" rules infra/identity.tf 'roles/artifactregistry.writer' 'roles/owner'
plant "an accessor of every secret" rules infra/identity.tf '"roles/monitoring.viewer"]' '"roles/secretmanager.secretAccessor"]'
plant "a public bucket" full:the_bucket infra/storage.tf 'public_access_prevention    = "enforced"' 'public_access_prevention    = "inherited"'
plant "a bucket that is given to everybody" rules infra/storage.tf 'member = google_service_account.runtime.member' 'member = "allUsers"'
plant "a bucket with rights by the object" full:the_bucket infra/storage.tf 'uniform_bucket_level_access = true' 'uniform_bucket_level_access = false'
plant "a public service without sign-in" refused:the_public_needs_sign_in infra/variables.tf '!var.public || var.auth != "none"' '!var.public || var.auth != "nothing"'
plant "an image by tag" refused:a_tag_is_no_image infra/variables.tf 'var.image))
    error_message = "image is named' 'var.image)) || true
    error_message = "image is named'
plant "a whole pool that may deploy" full:the_pipeline infra/identity.tf '/attribute.workflow/${var.github.repository_id}:${each.key}' '/*'
plant "any branch may deploy" full:the_pipeline infra/identity.tf "assertion.ref == 'refs/heads/main'" "assertion.ref != ''"
plant "a fork's pull request may deploy" full:the_pipeline infra/identity.tf "['push'," "['push', 'pull_request_target',"
plant "a secret in the state" rules infra/secrets.tf 'secret_data_wo         =' 'secret_data            ='
plant "a grant to all users" rules infra/service.tf '  member   = each.value.member' '  member   = "allUsers"'
plant "memory that is too little, hard-wired" minimal:the_service infra/service.tf 'memory = "${var.memory_mib}Mi"' 'memory = "128Mi"'
plant "memory of 128 MiB that is accepted" numbers:below_the_least_with_others_right infra/variables_size.tf 'var.memory_mib >= 512' 'var.memory_mib >= 128'
plant "a revision name that is sent back" rules infra/service.tf '      template[0].labels,
' '      template[0].labels,
      template[0].revision,
'
plant "a request that outlives the server's own limit" numbers:the_server_s_own_limit_is_shorter infra/variables.tf '< var.timeout_seconds
' '<= var.timeout_seconds * 60
'
plant "a start that gives up before IAM is ready" minimal:the_service infra/service.tf 'failure_threshold     = 90' 'failure_threshold     = 30'
plant "an account with a name that is too short" patterns:sign_in_with_zotero infra/identity.tf '"${var.name}-run"' '"run"'
plant "a resource's name with a capital" patterns:sign_in_with_zotero infra/network.tf 'name = "${var.name}-${substr(' 'name = "Stackroom-${substr('
plant "a candidate that anybody of the proxy reaches" options:identity_aware_proxy infra/network.tf 'each.key == "stable" && length(var.iap_members) > 0' 'length(var.iap_members) > 0'
plant "a second region whose candidate is never tried" options:a_second_region infra/network.tf 'host = host, region = index, tag' 'host = host, region = 0, tag'
plant "images of any repository" options:binary_authorization infra/registry.tf '"ALWAYS_DENY"' '"ALWAYS_ALLOW"'
plant "a bucket that a slip destroys" options:no_teardown infra/storage.tf 'force_destroy               = !var.deletion_protection' 'force_destroy               = true'
plant "a bucket that can't be torn down" options:a_teardown infra/storage.tf 'force_destroy               = !var.deletion_protection' 'force_destroy               = false'
plant "a budget in a currency of ours" full:alerts infra/variables_alerts.tf 'optional(string)' 'optional(string, "EUR")'
plant "a check for drift that can't read the budget" full:the_pipeline infra/identity.tf '"roles/billing.viewer"' '"roles/browser"'
plant "an alert for one failed call at night" full:alerts infra/alerts.tf 'threshold_value = var.alert_min_requests - 1' 'threshold_value = 0'
plant "an uptime check of what is always up" full:alerts infra/alerts.tf 'ready = { path = "/ready"' 'ready = { path = "/health"'
plant "an alert without a runbook" rules infra/alerts.tf '    breaker = {' '    broken = {'
plant "a number that nothing bounds" rules infra/variables_size.tf 'variable "cpu" {' 'variable "queue" {
  type = number
  default = 1
}

variable "cpu" {'
plant "the probe's token in the state" full:the_probe infra/alerts.tf 'password_wo         =' 'password            ='
plant "images that are kept for an hour" minimal:images infra/registry.tf 'keep_count = 100' 'keep_count = 3'
plant "a metric that the canary does not find" minimal:counts_for_the_canary infra/monitoring.tf '"${var.name}-tool-calls"' '"${var.name}-calls"'
plant "a secret in the service's environment" full:sign_in_with_zotero infra/service.tf '"sm://projects/' '"plain://projects/'
plant "an image with two owners" owner infra/service.tf '      template[0].containers[0].image,' ''
plant "traffic with two owners" rules infra/service.tf '      traffic,' ''
plant "a processor that is paid while idle" minimal:the_service infra/service.tf 'cpu_idle          = !local.cpu_always' 'cpu_idle          = false'
plant "an instance that is paid while idle" minimal:the_service infra/variables_size.tf 'type        = number
  default     = 0' 'type        = number
  default     = 1'
plant "a liveness probe over TCP" rules infra/service.tf 'liveness_probe {' 'liveness_probe {
        tcp_socket {
          port = 8080
        }'
plant "a timeout that the balancer refuses" rules infra/network.tf 'protocol              = "HTTPS"' 'protocol              = "HTTPS"
  timeout_sec           = 60'
plant "an alert that looks at one window" full:alerts infra/alerts.tf 'for_each = { long = each.value.long, short = each.value.short }' 'for_each = { long = each.value.long }'
plant "an uptime check of a period that there is not" numbers:above_the_greatest infra/variables_alerts.tf 'contains([60, 300, 600, 900], var.uptime_period_seconds)' 'var.uptime_period_seconds > 0'
plant "a root user" rules Dockerfile 'USER 65532:65532' 'USER 0:0'
plant "a base by tag" rules Dockerfile 'static-debian12:nonroot@sha256:afa5c872c891853ca7fcf1f12c3edb23f7eeef36189728842dd51042ff57f7ab' 'static-debian12:nonroot'
plant "a secret in ENV" buildkit Dockerfile 'ENV XDG_DATA_HOME' 'ENV ZOTERO_API_KEY=P9NiFoyLeZu2bZNvvuQPDWsd
ENV XDG_DATA_HOME'
plant "a secret in ARG" buildkit Dockerfile 'ARG COMMIT=
LABEL' 'ARG COMMIT=
ARG GITHUB_TOKEN
LABEL'
plant "a variable that is not set" buildkit Dockerfile 'LABEL org.opencontainers.image.title="Stackroom"' 'LABEL org.opencontainers.image.title="${TITLE}"'
