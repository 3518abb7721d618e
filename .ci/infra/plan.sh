#!/usr/bin/env bash
# Plans the least and the full configuration with the real provider, to the end,
# from an empty state. The APIs that such a plan calls are
# answered by project.py.
# Prints rows "pass|fail<TAB>name".
#
#   plan.sh TERRAFORM FOLDER    a copy of infra/, initialised with the provider
set -uo pipefail
terraform=${1:?terraform} folder=${2:?a copy of infra/}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

python3 "$here/project.py" "$work/port" &
server=$!
for _ in $(seq 50); do [ -s "$work/port" ] && break; sleep 0.1; done
base=http://127.0.0.1:$(cat "$work/port")/v1/
export GOOGLE_OAUTH_ACCESS_TOKEN=stand-in GOOGLE_RESOURCE_MANAGER_CUSTOM_ENDPOINT=$base GOOGLE_CLOUD_BILLING_CUSTOM_ENDPOINT=$base
printf 'terraform {\n  backend "local" {}\n}\n' >"$folder/backend_override.tf"
(cd "$folder" && "$terraform" init -reconfigure -input=false -no-color -plugin-dir="${STACKROOM_TF_PROVIDER_DIR:?}") >"$work/init.log" 2>&1 || { cat "$work/init.log" >&2; printf 'fail\tterraform plan: it could not be initialised\n'; exit; }

# plan NAME INPUTS: a plan that ends, and is not empty.
plan() {
  printf '%s\n' "$2" >"$work/inputs.tfvars"
  if (cd "$folder" && "$terraform" plan -input=false -no-color -lock=false -refresh=true -var-file="$work/inputs.tfvars") >"$work/plan.log" 2>&1 && grep -q '^Plan: [1-9]' "$work/plan.log"; then
    printf 'pass\tterraform plan, %s: %s\n' "$1" "$(grep '^Plan:' "$work/plan.log")"
  else
    tail -n 30 "$work/plan.log" >&2
    printf 'fail\tterraform plan, %s\n' "$1"
  fi
}

# inputs FILE: the variables of a test, as terraform.tfvars has them.
inputs() { awk '/^variables \{/ { p = 1; next } p && /^\}/ { exit } p' "$folder/tests/$1.tftest.hcl"; }

plan "the least" "$(inputs minimal)"
plan "everything" "$(inputs full)"
plan "every option" "$(inputs options)
second_region        = \"us-central1\"
vpc_egress           = { network = \"shared\", subnetworks = { europe-west1 = \"eu\", us-central1 = \"us\" }, all_traffic = true }
ipv6                 = true
http_redirect        = true
auth                 = \"none\"
public               = false
iap_members          = [\"group:team@example.org\"]
binary_authorization = true"
