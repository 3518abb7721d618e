#!/usr/bin/env bash
# Plants faults, one each in a copy, and says which checks catch it.
# Prints rows "pass|fail|skip<TAB>name".
#
#   faults.sh WORK CHECKS...
#
# CHECKS are functions of checks.sh, those that can be run here. A fault that
# only others would see is skipped.
set -uo pipefail
work=${1:?a folder to work in}
shift
available=" $* "
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$source/.ci/workflows/checks.sh"

row() { printf '%s\t%s\n' "$1" "$2"; }

copy() {
  rm -rf "$work/copy"
  mkdir -p "$work/copy/.ci" "$work/copy/.git" # actionlint looks for it
  cp -r "$source/.github" "$source/cloudbuild.yaml" "$source/.gitleaks.toml" "$source/infra" "$work/copy/"
  cp -r "$source/.ci/workflows" "$work/copy/.ci/"
}

# plant NAME CHECKS FILE OLD NEW: each of the checks must be red of a copy in
# which OLD is NEW, once.
plant() {
  local name=$1 checks=$2 file=$work/copy/$3 check caught=() missed=()
  copy
  OLD=$4 NEW=$5 perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/' "$file"
  if cmp -s "$file" "$source/$3"; then row fail "$name: it could not be planted"; return; fi
  for check in $checks; do
    [[ $available == *" $check "* ]] || continue
    if "$check" "$work/copy" >/dev/null 2>&1; then missed+=("$check"); else caught+=("$check"); fi
  done
  if [ ${#missed[@]} -gt 0 ]; then row fail "$name: not seen by ${missed[*]}"
  elif [ ${#caught[@]} -eq 0 ]; then row skip "$name: ${checks// /, } can't be run here"
  else row pass "$name, caught by ${caught[*]}"; fi
}

copy
for check in "$@"; do
  said=$("$check" "$work/copy" 2>&1) || row fail "without a fault $check is red already: $(head -c 200 <<<"$said" | tr '\n' ' ')"
done

deploy=.github/workflows/deploy.yml release=.github/workflows/release.yml drift=.github/workflows/drift.yml tests=.github/workflows/test.yml
checkout='actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1'

plant "an action by tag" "zizmor rules" $deploy "$checkout" 'actions/checkout@v7'
plant "an action by branch" "zizmor rules" $release 'anchore/sbom-action@e22c389904149dbc22b58101806040fa8d37a610 # v0.24.0' 'anchore/sbom-action@main'
plant "an action by a commit of which nobody knows the version" rules $deploy "$checkout" "${checkout% #*}"
plant "a commit's message in a script" "actionlint zizmor rules" $deploy 'run: exec bash' 'run: echo "${{ github.event.head_commit.message }}"; exec bash'
plant "a branch's name in a script" "actionlint zizmor rules" $tests 'run: bash .ci/run' 'run: bash .ci/run "${{ github.head_ref }}"'
plant "the run of a deploy in a script" rules $drift 'run: bash scripts/drift' 'run: bash scripts/drift "${{ vars.GCP_PROJECT }}"'
plant "every permission" "zizmor rules" $deploy 'permissions: {}' 'permissions: write-all'
plant "permissions that nobody listed" rules $release 'permissions: {}

' ''
plant "a job with every permission" "zizmor rules" $tests '    permissions:
      contents: read
' '    permissions: write-all
'
plant "a permission that there is not" actionlint $release 'attestations: write' 'attestation: write'
plant "credentials that stay in the checkout" "zizmor rules" $deploy '        with:
          persist-credentials: false
' ''
plant "a stranger's code with the repository's rights" "zizmor rules" $tests '  pull_request:
' '  pull_request_target:
'
plant "a pull request that may write" rules $tests 'contents: read' 'contents: write'
plant "secrets for whatever is called" zizmor $deploy 'uses: ./.github/workflows/test.yml' 'uses: ./.github/workflows/test.yml
    secrets: inherit'
plant "a release out of a cache that a pull request can fill" zizmor $release 'cache: false' 'cache: true'
plant "an output of a job that is not waited for" actionlint $deploy 'needs: image' 'needs: test'
plant "an image that nobody tested" rules $deploy '    needs: test
' ''
plant "a job that waits for one that there is not" actionlint $deploy 'needs: image' 'needs: images'
plant "a step's output by another name" actionlint $release 'steps.push.outputs.digest' 'steps.pushed.outputs.digest'
plant "a signature without an environment" rules $deploy '    environment: production
' ''
plant "a deploy that may be cut off" rules $deploy 'cancel-in-progress: false' 'cancel-in-progress: true'
plant "two deploys at once" rules $deploy 'concurrency:
  group: deploy
  cancel-in-progress: false # a deploy that is cut off leaves a canary behind
' ''
plant "a job without an end" rules $release '    timeout-minutes: 30
' ''
plant "a key that GitHub does not know" actionlint $drift 'working-directory' 'work-directory'
plant "a word of a script that falls apart" "actionlint" $deploy 'cosign sign --yes "$IMAGE"' 'cosign sign --yes $IMAGE'
plant "pins that nobody moves" zizmor .github/dependabot.yml '    cooldown: { default-days: 7 }
' ''

plant "a key that Cloud Build does not know" "cloudbuild_type cloudbuild_schema" cloudbuild.yaml '  machineType:' '  machine:'
plant "a timeout in minutes" cloudbuild_schema cloudbuild.yaml 'timeout: 3600s' 'timeout: 60m'
plant "a way of logging that there is not" cloudbuild_schema cloudbuild.yaml 'CLOUD_LOGGING_ONLY' 'CLOUD_LOGS_ONLY'
plant "a step's image without a version" rules cloudbuild.yaml 'google-cloud-cli:slim' 'google-cloud-cli'
plant "a substitution in a script" rules cloudbuild.yaml 'exec bash infra/scripts/deploy "$$IMAGE@$$digest"' 'exec bash infra/scripts/deploy "${_IMAGE}@$$digest"'
plant "a deploy before the tests" rules cloudbuild.yaml '  - id: deploy
' '  - id: deploy
    waitFor: ["-"]
'

plant "a script's word that falls apart" scripts infra/scripts/drift '-out="$work/plan"' '-out=$work/plan'
plant "times in the image" standins infra/scripts/image ',rewrite-timestamp=true' ''
plant "an image of a moment" standins infra/scripts/image 'SOURCE_DATE_EPOCH=0 ' ''
plant "a digest that was made up" standins infra/scripts/image '[ -n "$digest" ] ||' 'true ||'
plant "a plan's values in the log" standins infra/scripts/drift '>/dev/null || status' '>\&2 || status'
plant "a failed plan that counts as no difference" standins infra/scripts/drift '0) echo' '0|1) echo'

# Made here, so that this file has no key in it.
random() { head -c 400 /dev/urandom | base64 -w0 | tr -dc 'A-Za-z0-9' | head -c "$1"; }
key=$(printf '# -----%s PRIVATE KEY-----\n' "BEGIN" && printf '# %s\n' "$(random 300)" && printf '# -----%s PRIVATE KEY-----' "END")
plant "a key in a workflow" gitleaks $deploy 'SMOKE_URL: ${{ vars.GCP_SMOKE_URL }}' "TOKEN: ghp_$(random 36)"
plant "a key file in the infrastructure" gitleaks infra/versions.tf 'provider "google" {' "$key
provider \"google\" {"
