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

row() { printf '%s\t%s\n' "$1" "$2"; }

# The checks, each red or green of the folder $1.
validate() { (cd "$1/infra" && "$terraform" validate >/dev/null 2>&1); }
minimal() { (cd "$1/infra" && "$terraform" test -filter=tests/minimal.tftest.hcl >/dev/null 2>&1); }
full() { (cd "$1/infra" && "$terraform" test -filter=tests/full.tftest.hcl >/dev/null 2>&1); }
refused() { (cd "$1/infra" && "$terraform" test -filter=tests/refused.tftest.hcl >/dev/null 2>&1); }
owner() { (cd "$1/infra" && "$terraform" test -filter=tests/owner.tftest.hcl >/dev/null 2>&1); }
rules() { [ "$(bash "$here/rules.sh" "$1" | grep -c '^fail')" -eq 0 ]; }
buildkit() { "$lint" "$1/Dockerfile" >/dev/null 2>&1; }

copy() {
  rm -rf "$work/copy"
  mkdir -p "$work/copy"
  cp -r "$source/infra" "$source/Dockerfile" "$source/.dockerignore" "$work/copy/"
  rm -rf "$work/copy/infra/.terraform"*
  (cd "$work/copy/infra" && "$terraform" init -backend=false -input=false -plugin-dir="$plugins" >/dev/null 2>&1)
}

# plant NAME CHECK FILE OLD NEW: the check must be red of a copy in which OLD
# is NEW, once.
plant() {
  local name=$1 check=$2 file=$work/copy/$3
  if [ "$check" = buildkit ] && [ -z "$lint" ]; then row skip "$name: BuildKit's checks are not here"; return; fi
  copy
  OLD=$4 NEW=$5 perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/' "$file"
  if cmp -s "$file" "$source/$3"; then row fail "$name: it could not be planted"; return; fi
  if "$check" "$work/copy"; then row fail "$name: $check does not see it"; else row pass "$name, caught by $check"; fi
}

copy
for check in validate rules; do
  "$check" "$work/copy" || row fail "without a fault $check is red already"
done
if [ -n "$lint" ] && ! buildkit "$work/copy"; then row fail "without a fault buildkit is red already"; fi

plant "an attribute that there is not" validate infra/service.tf '  session_affinity  ' '  sticky_sessions  '
plant "an attribute that is needed and missing" validate infra/registry.tf '  format        = "DOCKER"' ''
plant "a value that is none of the possible ones" validate infra/service.tf '"EXECUTION_ENVIRONMENT_GEN2"' '"EXECUTION_ENVIRONMENT_GEN7"'
plant "a value that is none, where it depends on an input" minimal infra/service.tf '"INGRESS_TRAFFIC_ALL"' '"INGRESS_TRAFFIC_EVERYBODY"'
plant "a value of the wrong kind" validate infra/service.tf 'cpu_idle          = true' 'cpu_idle          = "mostly"'
plant "a resource that nobody made" validate infra/outputs.tf 'google_artifact_registry_repository.images' 'google_artifact_registry_repository.pictures'
plant "a misspelt role" rules infra/identity.tf 'roles/run.developer' 'roles/run.developr'
plant "an owner" rules infra/identity.tf 'roles/artifactregistry.writer' 'roles/owner'
plant "an accessor of every secret" rules infra/identity.tf '"roles/monitoring.viewer"]' '"roles/secretmanager.secretAccessor"]'
plant "a public bucket" full infra/storage.tf 'public_access_prevention    = "enforced"' 'public_access_prevention    = "inherited"'
plant "a bucket that is given to everybody" rules infra/storage.tf 'member = google_service_account.runtime.member' 'member = "allUsers"'
plant "a bucket with rights by the object" full infra/storage.tf 'uniform_bucket_level_access = true' 'uniform_bucket_level_access = false'
plant "the public let in without sign-in" refused infra/variables.tf '!var.public || var.auth != "none"' 'true || var.auth != var.name'
plant "an image by tag" refused infra/variables.tf 'var.image))
    error_message = "image is named' 'var.image)) || true
    error_message = "image is named'
plant "a whole pool that may deploy" full infra/identity.tf '/attribute.workflow/${var.github.repository_id}:${each.key}' '/*'
plant "any branch may deploy" full infra/identity.tf "assertion.ref == 'refs/heads/main'" "assertion.ref != ''"
plant "a stranger's pull request may deploy" full infra/identity.tf "['push'," "['push', 'pull_request_target',"
plant "a secret in the state" rules infra/secrets.tf 'secret_data_wo         =' 'secret_data            ='
plant "a secret in the service's environment" full infra/service.tf '"sm://projects/' '"plain://projects/'
plant "an image with two owners" owner infra/service.tf '      template[0].containers[0].image,' ''
plant "traffic with two owners" rules infra/service.tf '      traffic,' ''
plant "a processor that is paid while idle" minimal infra/service.tf 'cpu_idle          = true' 'cpu_idle          = false'
plant "an instance that is paid while idle" minimal infra/variables_size.tf 'type        = number
  default     = 0' 'type        = number
  default     = 1'
plant "a liveness probe over TCP" rules infra/service.tf 'liveness_probe {' 'liveness_probe {
        tcp_socket {
          port = 8080
        }'
plant "a timeout that the balancer refuses" rules infra/network.tf 'protocol              = "HTTPS"' 'protocol              = "HTTPS"
  timeout_sec           = 60'
plant "an alert that looks at one window" full infra/alerts.tf 'for_each = { long = each.value.long, short = each.value.short }' 'for_each = { long = each.value.long }'
plant "memory hard-wired below the least" minimal infra/service.tf '${var.memory_mib}Mi' '128Mi'
plant "a revision name that Terraform keeps" rules infra/service.tf '      traffic,' '      traffic,
      template[0].revision,'
plant "an account that the provider refuses" rules infra/tests/mocks/google.tfmock.hcl '@' '@mock.'
plant "the public let in by a grant that organisations refuse" minimal infra/service.tf 'invoker_iam_disabled = var.public' 'invoker_iam_disabled = false'
plant "a root user" rules Dockerfile 'USER 65532:65532' 'USER 0:0'
plant "a base by tag" rules Dockerfile 'static-debian12:nonroot@sha256:afa5c872c891853ca7fcf1f12c3edb23f7eeef36189728842dd51042ff57f7ab' 'static-debian12:nonroot'
plant "a secret in ENV" buildkit Dockerfile 'ENV XDG_DATA_HOME' 'ENV ZOTERO_API_KEY=P9NiFoyLeZu2bZNvvuQPDWsd
ENV XDG_DATA_HOME'
plant "a secret in ARG" buildkit Dockerfile 'ARG COMMIT=
LABEL' 'ARG COMMIT=
ARG GITHUB_TOKEN
LABEL'
plant "a variable that nobody set" buildkit Dockerfile 'LABEL org.opencontainers.image.title="Stackroom"' 'LABEL org.opencontainers.image.title="${TITLE}"'
