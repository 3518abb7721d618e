#!/usr/bin/env bash
# What neither the provider's schema nor BuildKit knows: facts of Google's
# interfaces that only an apply would tell, and rules of the house.
# Prints rows "pass|fail<TAB>name".
#
#   rules.sh FOLDER    with infra/ and Dockerfile in it
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
row "the public is let in by the service alone" \
  "$(awk '/^resource/ { r = $2 } /"all(Authenticated)?Users"/ && r != "\"google_cloud_run_v2_service_iam_member\"" { print r, $0 }' <<<"$code")"
row "no backend has timeout_sec or port_name, which Cloud Run's refuse" "$(without '^ *(timeout_sec|port_name) *=')"
row "no probe goes over TCP, which liveness refuses" "$(without 'tcp_socket')"
row "no account has a key" "$(without 'google_service_account_key')"
row "no whole pool may act as an account" "$(without 'principalSet://[^"]*/\*')"
row "no secret value is a plain argument" "$(without '^ *secret_data *=')"
row "no secret is mounted at its latest version" "$(awk '/secret_key_ref/ { p = 1 } p && /latest/ { print } /}/ { p = 0 }' <<<"$code")"
row "uptime checks have a period that there is" "$(grep -E '^ *period *= *"[0-9]+s"' <<<"$(awk '/google_monitoring_uptime_check_config"/ { p = 1 } /^}/ { p = 0 } p' <<<"$code")" | grep -vE '"(60|300|600|900)s"')"
owned=$(awk '/^resource "google_cloud_run_v2_service" / { r = 1 } /^}/ { r = 0 } r && /ignore_changes/ { p = 1 } /\]$/ { p = 0 } p { print $1 }' <<<"$code")
row "image and traffic have one owner, the pipeline" \
  "$(for owner in 'template[0].containers[0].image,' 'traffic,' 'client,' 'client_version,'; do
    grep -qxF "$owner" <<<"$owned" || echo "$owner is Terraform's too"
  done)"
row "no revision's name is kept: gcloud makes one up for a tag, and Terraform would send it back with other content" "$(grep -F 'template[0].revision' <<<"$owned")"
# The provider's own pattern of an account, which its mock must satisfy.
row "mocks: accounts have addresses that the provider accepts" \
  "$(grep -hoE '"[^"]*@[^"]*"' "$folder"/infra/tests/mocks/*.hcl | grep -vE '"(serviceAccount:|projects/[^"]*/serviceAccounts/)?[a-z]([-a-z0-9]{4,28}[a-z0-9])@[a-z0-9-]+\.iam\.gserviceaccount\.com"')"
row "the collector's configuration and the dashboard name no secret" "$(grep -nliE 'password|api_key|bearer' "$folder"/infra/*.tftpl)"

docker=$(sed 's/#.*//' "$folder/Dockerfile")
row "Dockerfile: every base is named by digest" \
  "$(awk '/^ARG (BUILD_)?BASE=/ && !/@sha256:[0-9a-f]+$/; /^FROM / && !/\$\{(BUILD_)?BASE\}/' <<<"$docker")"
row "Dockerfile: the program does not run as root" \
  "$([ "$(awk '/^USER / { u = $2 } END { print u }' <<<"$docker")" = 65532:65532 ] || echo "the last USER is not 65532:65532")"
row "Dockerfile: the last stage runs nothing" "$(awk '/^FROM / { last = "" } /^RUN / { last = last $0 } END { printf "%s", last }' <<<"$docker")"
row ".dockerignore: what the pipeline's sign-in leaves in the checkout stays out" \
  "$(grep -qxF 'gha-creds-*.json' "$folder/.dockerignore" || echo "gha-creds-*.json is missing")"
