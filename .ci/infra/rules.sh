#!/usr/bin/env bash
# Facts that neither the provider's schema nor BuildKit has: what Google's APIs
# refuse at an apply, and rules of this project.
# Prints rows "pass|fail<TAB>name".
#
#   rules.sh FOLDER    with infra/, docs/ and Dockerfile in it
set -uo pipefail
folder=${1:?a folder with infra/ and Dockerfile}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Comments may name what the code must not.
code=$(sed 's/#.*//' "$folder"/infra/*.tf)

row() {
  if [ -z "$2" ]; then printf 'pass\t%s\n' "$1"; else printf 'fail\t%s: %s\n' "$1" "$(tr '\n' ' ' <<<"$2" | cut -c1-300)"; fi
}
without() { grep -nE "$1" <<<"$code" | head -n 5; }

row "roles: each is one of the list in .ci/infra/roles.txt" \
  "$(grep -ohE '"roles/[^"]*"' <<<"$(grep -vE 'can\(regex' <<<"$code")" | tr -d '"' | sort -u | comm -23 - <(sort "$here/roles.txt"))"
row "roles: Secret Manager's accessor is given for a secret, never for the project" \
  "$(awk '/^resource "google_project_iam/ { p = 1 } /^}/ { p = 0 } p && /secretAccessor/' <<<"$code")"
row "no role is granted to everybody, which organisations refuse" "$(without '"all(Authenticated)?Users"')"
row "no backend has timeout_sec or port_name, which Cloud Run's refuse" "$(without '^ *(timeout_sec|port_name) *=')"
row "no probe goes over TCP, which liveness refuses" "$(without 'tcp_socket')"
row "no account has a key" "$(without 'google_service_account_key')"
row "no whole pool may act as an account" "$(without 'principalSet://[^"]*/\*')"
row "no secret value is a plain argument" "$(without '^ *secret_data *=')"
row "no secret is mounted at its latest version" "$(awk '/secret_key_ref/ { p = 1 } p && /latest/ { print } /}/ { p = 0 }' <<<"$code")"
owned=$(awk '/^resource "google_cloud_run_v2_service" / { r = 1 } /^}/ { r = 0 } r && /ignore_changes/ { p = 1 } /\]$/ { p = 0 } p { print $1 }' <<<"$code")
row "image and traffic have one owner, the pipeline" \
  "$(for owner in 'template[0].containers[0].image,' 'traffic,' 'client,' 'client_version,'; do
    grep -qxF "$owner" <<<"$owned" || echo "$owner is Terraform's too"
  done)"
row "no revision name is sent back to Cloud Run, which answers 409" "$(grep -F 'template[0].revision' <<<"$owned")"
row "the collector's configuration and the dashboard name no secret" "$(grep -nliE 'password|api_key|bearer' "$folder"/infra/*.tftpl)"

# numbers prints the inputs that are numbers.
numbers() { awk '/^variable "/ { v = $2 } /^  type += number$/ { gsub(/"/, "", v); print v }' "$folder"/infra/*.tf; }
# tried RUN prints the inputs that a run of the tests of numbers sets.
tried() { awk -v run="\"$1" '$1 == "run" && index($2, run) == 1 { p = 1 } /^}/ { p = 0 } p && /^    [a-z_]+ += / { print $1 }' "$folder/infra/tests/numbers.tftest.hcl"; }
row "every number has a validation and a test of its bounds" \
  "$(comm -23 <(numbers | sort) <({ tried below_the_least; } | sort))$(comm -23 <(numbers | grep -v '^min_instances$' | sort) <(tried above_the_greatest | sort))"

# The paragraphs of the runbooks are what the alerts link to.
row "every alert has a paragraph in docs/runbooks.md, and every paragraph an alert" \
  "$(diff <(
    {
      grep -ohE 'local\.runbooks\}#[a-z]+' "$folder"/infra/alerts.tf | sed 's/.*#//'
      sed -nE '/^  objectives = /,/^  \}/ s/^    ([a-z]+) += google.*/\1/p' "$folder"/infra/alerts.tf
      awk '/^  log_alerts = / { p = 1 } p && /^    [a-z]+ = \{$/ { print $1 } /^  secret_readers/ { p = 0 }' "$folder"/infra/alerts.tf
      grep -oE '\b[a-z]+ += \{ path = ' "$folder"/infra/alerts.tf | sed 's/ .*//'
      echo budget
    } | sort -u
  ) <(sed -nE 's/^## ([A-Z][a-z]+)$/\L\1/p' "$folder/docs/runbooks.md" | sort -u))"

docker=$(sed 's/#.*//' "$folder/Dockerfile")
row "Dockerfile: every base is named by digest" \
  "$(awk '/^ARG (BUILD_)?BASE=/ && !/@sha256:[0-9a-f]+$/; /^FROM / && !/\$\{(BUILD_)?BASE\}/' <<<"$docker")"
row "Dockerfile: the program does not run as root" \
  "$([ "$(awk '/^USER / { u = $2 } END { print u }' <<<"$docker")" = 65532:65532 ] || echo "the last USER is not 65532:65532")"
row "Dockerfile: the last stage runs nothing" "$(awk '/^FROM / { last = "" } /^RUN / { last = last $0 } END { printf "%s", last }' <<<"$docker")"
row ".dockerignore: what the pipeline's sign-in leaves in the checkout stays out" \
  "$(grep -qxF 'gha-creds-*.json' "$folder/.dockerignore" || echo "gha-creds-*.json is missing")"
