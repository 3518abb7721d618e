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
plant "an action by a commit without its version" rules $deploy "$checkout" "${checkout% #*}"
plant "a commit's message in a script" "actionlint zizmor rules" $deploy 'run: exec bash' 'run: echo "${{ github.event.head_commit.message }}"; exec bash'
plant "a branch's name in a script" "actionlint zizmor rules" $tests 'run: bash .ci/run' 'run: bash .ci/run "${{ github.head_ref }}"'
plant "the run of a deploy in a script" rules $drift 'run: bash scripts/drift' 'run: bash scripts/drift "${{ vars.GCP_PROJECT }}"'
plant "every permission" "zizmor rules" $deploy 'permissions: {}' 'permissions: write-all'
plant "permissions that are not listed" rules $release 'permissions: {}

' ''
plant "a job with every permission" "zizmor rules" $tests '    permissions:
      contents: read
' '    permissions: write-all
'
plant "a permission that there is not" actionlint $release 'attestations: write' 'attestation: write'
plant "credentials that stay in the checkout" "zizmor rules" $deploy '        with:
          persist-credentials: false
' ''
plant "a fork's code with the repository's rights" "zizmor rules" $tests '  pull_request:
' '  pull_request_target:
'
plant "a pull request that may write" rules $tests 'contents: read' 'contents: write'
plant "all secrets for a called workflow" zizmor $deploy 'uses: ./.github/workflows/test.yml' 'uses: ./.github/workflows/test.yml
    secrets: inherit'
plant "a release out of a cache that a pull request can fill" zizmor $release 'cache: false' 'cache: true'
plant "an output of a job that is not waited for" actionlint $deploy 'needs: image' 'needs: newest'
plant "an image that was not tested" rules $deploy '    needs: test
' ''
plant "a job that waits for one that there is not" actionlint $deploy 'needs: image' 'needs: images'
plant "a step's output by another name" actionlint $release 'steps.push.outputs.digest' 'steps.pushed.outputs.digest'
plant "a signature that need not be there" rules $deploy 'signed || { cosign sign --yes "$IMAGE"; signed; }' 'signed || true'
plant "a signature that is made and not verified" rules cloudbuild.yaml 'signed || { cosign sign --yes --identity-token=token; signed; }' 'signed || cosign sign --yes --identity-token=token'
plant "a deploy of every branch" rules $deploy '    branches: [main]' '    branches: ["**"]'
plant "a deploy of every push" rules $deploy '  push:
    branches: [main]
' '  push:
'
plant "a deploy by hand of any branch" rules $deploy " && github.ref == 'refs/heads/main'" ''
plant "a deploy of an older commit" rules $deploy '          DEPLOY_COMMIT: ${{ github.sha }}
' ''
plant "an image of an older commit" rules $deploy "    if: needs.newest.outputs.newest == 'true'
" ''
plant "an older commit that counts as the newest" standins $deploy 'echo "newest=false"' 'echo "newest=true"'
plant "an older run that may be repeated" standins $deploy '            exit 1
' ''
plant "a signature of anybody" rules $deploy '          COSIGN_IDENTITY: ${{ github.server_url }}/${{ github.workflow_ref }}' '          COSIGN_IDENTITY: "off"'
plant "a step that may fail" rules $deploy '      - name: Deploy
' '      - name: Deploy
        continue-on-error: true
'
plant "gcloud of the day" rules $deploy 'version: "528.0.0"' 'version: latest'
plant "Node of the day, beside credentials" rules $deploy 'node-version: "24.11.1"' 'node-version: "24"'
plant "a builder of the day in the tests" rules $tests 'moby/buildkit:v0.33.0@sha256:6c2fa84a6b61ccd72899dde4239f8d5717f05f9a8ca6f3cad185fb1a95a94de3' 'moby/buildkit:buildx-stable-1'
plant "a builder of the day" "rules standins" infra/scripts/image '@sha256:6c2fa84a6b61ccd72899dde4239f8d5717f05f9a8ca6f3cad185fb1a95a94de3' ''
plant "the check for drift in the environment of deploys" rules $drift 'environment: drift' 'environment: production'
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
plant "pins that are never updated" zizmor .github/dependabot.yml '    cooldown: { default-days: 7 }
' ''

plant "a key that Cloud Build does not know" "cloudbuild_type cloudbuild_schema" cloudbuild.yaml '  machineType:' '  machine:'
plant "a timeout in minutes" cloudbuild_schema cloudbuild.yaml 'timeout: 3600s' 'timeout: 60m'
plant "a way of logging that there is not" cloudbuild_schema cloudbuild.yaml 'CLOUD_LOGGING_ONLY' 'CLOUD_LOGS_ONLY'
plant "a step's image by a tag that moves" rules cloudbuild.yaml 'google-cloud-cli:578.0.0-stable@sha256:39f4c48c083fb1d8d182eedc7de97545980afb646b1afdfec61a3f560969bc96' 'google-cloud-cli:slim'
plant "a step's image by a tag" rules cloudbuild.yaml 'docker:28.2.2-cli@sha256:0e97e06d5cc205d4dc6d949dbd3e175c4759c804917e5caebecab91be1961392' 'docker:28.2.2-cli'
plant "a program of the day in Cloud Build" rules cloudbuild.yaml 'cosign/v3/cmd/cosign@v3.1.3' 'cosign/v3/cmd/cosign@latest'
plant "a download without a checksum" rules cloudbuild.yaml ' | sha256sum --check --strict' ''
plant "no provenance from Cloud Build" rules cloudbuild.yaml 'attested || { cosign attest' 'true || { cosign attest'
plant "any signature in Cloud Build" rules cloudbuild.yaml 'COSIGN_IDENTITY=${_ACCOUNT}' 'COSIGN_IDENTITY=off'
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
plant "a key in a workflow" gitleaks $deploy 'SMOKE_URL: ${{ matrix.target.smoke_url }}' "TOKEN: ghp_$(random 36)"
plant "a key file in the infrastructure" gitleaks infra/versions.tf 'provider "google" {' "$key
provider \"google\" {"
