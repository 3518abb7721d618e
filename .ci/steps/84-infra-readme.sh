# infra/README.md as a new admin: a robot runs its commands in order against
# stand-ins, then once more for each planted fault, which it must stop at.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/infra/provider.sh

export GOGC=400 # a quarter less of Terraform's time
tools=$ROOT/../shared/tools
work=$WORK/readme
mkdir -p "$work/plans"

# robot NAME [OLD NEW] runs the page, with a planted fault where OLD is given.
robot() {
  STACKROOM=$WORK/bin/stackroom TERRAFORM=$terraform TERRAFORM_COPY=$work/copy PLANS=$work/plans \
    python3 -B .ci/infra/readme/robot.py infra/README.md "$ROOT" "$work/$1" "${@:2}"
}

# plant NAME OLD NEW: the robot must fail a row of the page in which OLD is NEW.
plant() {
  local rows
  planted=$((planted + 1))
  rows=$(robot "fault-$planted" "$2" "$3")
  if ! grep -q '^pass' <<<"$rows"; then fail "README: $1 could not be planted"; return; fi
  if grep -q '^fail' <<<"$rows"; then pass "README: $1, caught by: $(sed -n 's/^fail\t//p' <<<"$rows" | head -n 1 | cut -c1-100)"; else fail "README: the robot does not see $1"; fi
}
planted=0

words=$(wc -w <infra/README.md)
check "README: it has at most 1,500 words ($words)" test "$words" -le 1500
check "README: every page that it links to exists" python3 -B .ci/infra/readme/links.py infra/README.md docs/deploy.md docs/deploy-options.md docs/runbooks.md

# The commands of the reference pages, by gcloud's own parser.
if command -v gcloud >/dev/null; then
  python3 -B .ci/deploy/commands.py docs/deploy.md docs/deploy-options.md docs/runbooks.md >"$work/commands.json"
  CLOUDSDK_CONFIG=$work/gcloud CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=1 CLOUDSDK_CORE_CHECK_GCE_METADATA=false CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK=1 \
    timeout 120 gcloud --quiet meta lint-gcloud-commands --commands-file="$work/commands.json" >"$work/commands.said" 2>"$work/commands.log"
  jq -r '.[] | [if .success then "pass" else "fail" end, .command_string + (if .success then "" else ": " + (.error_message // "" | split("\n")[0]) end)] | @tsv' "$work/commands.said" >"$work/commands.rows" 2>/dev/null
  if [ -s "$work/commands.rows" ]; then collect "gcloud takes" <"$work/commands.rows"; else skip "gcloud: this version can't check the commands of docs"; fi
else
  skip "gcloud: it is not here, so the commands of docs/deploy*.md and docs/runbooks.md are not checked"
fi

if [ ! -d "$tools" ]; then
  skip "README: the provider's schema is not beside the repository, so its commands did not run"
elif ! terraform=$(find_terraform 2>"$WORK/terraform.log") || ! plugins=$(stub_provider "$tools" 2>>"$WORK/terraform.log"); then
  tail -n 3 "$WORK/terraform.log"
  skip "README: Terraform or the provider's schema could not be built, so its commands did not run"
elif ! terraform_copy "$terraform" "$plugins" "$work/copy" >"$WORK/init.log" 2>&1; then
  tail -n 20 "$WORK/init.log"
  fail "README: terraform init"
else
  robot page >"$work/rows"
  collect "README" <"$work/rows"
  plant "a fork whose original is asked" 'gh repo set-default "$(gh api user --jq .login)/stackroom"' 'true'
  plant "workflows that are off" 'gh workflow enable deploy.yml' 'true'
  plant "an API that is not enabled" 'gcloud services enable cloudresourcemanager.googleapis.com' 'gcloud services enable'
  plant "a registry without a sign-in" 'gcloud auth configure-docker "$REGION-docker.pkg.dev" --quiet' 'true'
  plant "another checksum of Terraform" '1ce994251c' '1ce994251d'
  plant "a secret by another name" 'versions add stackroom-zotero-api-key' 'versions add zotero-api-key'
  plant "a service before its secrets" 'jq -c .record me.json pipeline.json | gcloud' 'true; : | gcloud'
  plant "a token that the server does not know" 'jq -c .record me.json pipeline.json' 'jq -c .record pipeline.json'
  plant "a first apply that is protected" 'terraform -chdir=infra apply -input=false -auto-approve -var=deletion_protection=false
```' 'terraform -chdir=infra apply -input=false -auto-approve
```'
  plant "a service that stays unprotected" 'terraform -chdir=infra apply -input=false -auto-approve
```

**10.' '```

**10.'
  plant "an input that does not exist" 'alert_emails  =' 'alert_email   ='
  plant "an output that does not exist" 'output -raw page' 'output -raw address'
  plant "a deploy without its variables" 'gh variable set --env-file variables.env
gh workflow enable deploy.yml' 'gh workflow enable deploy.yml'
  plant "a teardown of what is protected" 'terraform -chdir=infra apply -input=false -auto-approve -var=deletion_protection=false
terraform -chdir=infra destroy' 'terraform -chdir=infra destroy'
  plant "a bucket with versions" ' --recursive --all-versions' ' --recursive'
  plant "a token that stays in a file" 'rm me.json pipeline.json' 'rm pipeline.json'
fi
