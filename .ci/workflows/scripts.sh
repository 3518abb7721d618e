#!/usr/bin/env bash
# Runs image and drift against stand-ins of docker and terraform, and looks at
# what they say. Prints rows "pass|fail<TAB>name".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cp .ci/workflows/docker .ci/workflows/terraform "$work/bin/"
chmod +x "$work/bin/"*
export PATH="$work/bin:$PATH" DOCKER_LOG=$work/docker.log TERRAFORM_LOG=$work/terraform.log TMPDIR=$work/tmp
mkdir "$TMPDIR"

# row NAME CONDITION...: passes if the condition does.
row() {
  local name=$1
  shift
  if "$@"; then printf 'pass\t%s\n' "$name"; else
    printf 'fail\t%s\n' "$name"
    printf '%s\nended with %s\n' "$said" "$status" >&2
  fi
}
is() { [ "$1" = "$2" ]; }
not() { ! "$@"; }
called() { grep -qF -- "$1" "$log"; }
says() { grep -qF -- "$1" <<<"$said$(cat "$work/errors")"; }
tidy() { [ -z "$(ls -A "$TMPDIR")" ]; }

# image PLAYS ARGUMENTS...
image() {
  export DOCKER_PLAYS=$1
  shift
  log=$DOCKER_LOG
  : >"$log"
  said=$(sh infra/scripts/image "$@" 2>"$work/errors") && status=0 || status=$?
}

name=localhost:5000/stackroom
image well "$name" 1.2.3 abc
row "image: a build's digest is all that is told" is "$status $said" "0 digest=sha256:$(printf '%064d' 2)"
row "image: it is tagged by its commit, pushed, and its times are set" called "--output type=image,name=$name:abc,push=true,rewrite-timestamp=true"
row "image: the time of the build is none" called "SOURCE_DATE_EPOCH=0 docker buildx build"
row "image: version and commit are handed in" called "--build-arg VERSION=1.2.3 --build-arg COMMIT=abc"
row "image: for one processor unless said" called "--platform linux/amd64 "
row "image: the builder is named by digest, used, and gone after" eval 'grep -qE "driver-opt image=moby/buildkit:v[0-9.]+@sha256:[0-9a-f]{64}\$" "$log" && called "--builder a-builder" && called "buildx rm --force a-builder"'
row "image: nothing is left behind" tidy
image well "$name:1.2.3" 1.2.3 abc linux/amd64,linux/arm64
row "image: a tag that was named is kept" called "name=$name:1.2.3,push=true"
row "image: for the processors that were named" called "--platform linux/amd64,linux/arm64 "
image no-digest "$name" 1.2.3 abc
row "image: a build that tells no digest fails, and none is told" eval 'is "$status $said" "1 " && says "no digest"'
image fails "$name" 1.2.3 abc
row "image: a build that fails fails, and no digest is told" eval 'not is "$status" 0 && is "$said" "" && tidy'
row "image: its builder is gone too" called "buildx rm --force a-builder"
image no-builder "$name" 1.2.3 abc
row "image: without a builder nothing is built" eval 'not is "$status" 0 && not called "buildx build"'
image well "$name" 1.2.3
row "image: called wrongly it does nothing" eval 'not is "$status" 0 && says "usage: image" && not called docker'

# drift PLAYS: in a folder of its own, with the variables in TFVARS.
drift() {
  export TERRAFORM_PLAYS=$1
  log=$TERRAFORM_LOG
  : >"$log"
  rm -f "$work/output"
  said=$(cd "$work/infra" && GITHUB_OUTPUT=$work/output bash "$root/infra/scripts/drift" 2>"$work/errors") && status=0 || status=$?
  output=$(cat "$work/output" 2>/dev/null)
}
mkdir "$work/infra"
export STATE_BUCKET=a-bucket TFVARS='project = "library-team"'
drift same
row "drift: no difference is said so" is "$status $output" "0 drift=false"
row "drift: the state's bucket is the one that was named" called "init -input=false -no-color -backend-config=bucket=a-bucket"
row "drift: nothing is locked or applied" eval 'called "-lock=false" && not called apply'
row "drift: the variables are those that were given" called 'project = "library-team"'
drift differs
row "drift: a difference lists what would change, a line each" is "$status $output" '0 drift=true
summary<<END_OF_SUMMARY
- `google_cloud_run_v2_service.server`: update
- `google_storage_bucket.state["a END_OF_SUMMARY"]`: delete, create
END_OF_SUMMARY'
row "drift: no value is printed anywhere" not says a-value-that-must-not-be-shown
row "drift: nothing is left behind" eval 'tidy && [ -z "$(ls -A "$work/infra")" ]'
drift outputs
row "drift: an output that differs is a difference" is "$status $output" '0 drift=true
summary<<END_OF_SUMMARY
- output `url`
END_OF_SUMMARY'
drift fails
row "drift: a plan that fails fails, and says neither yes nor no" eval 'is "$status $output" "1 " && says "no such bucket"'
drift unreadable
row "drift: a plan that can't be read fails, and says neither yes nor no" eval 'not is "$status" 0 && is "$output" ""'
unset TFVARS
drift same
row "drift: without variables it fails and says how to set them" eval 'is "$status $output" "1 " && says "gh secret set GCP_TFVARS --env drift" && not called plan'
touch "$work/infra/terraform.tfvars"
drift same
row "drift: variables in the repository do as well" eval 'is "$status $output" "0 drift=false" && not called -var-file'
unset STATE_BUCKET
drift same
row "drift: without the state's bucket nothing is asked" eval 'not is "$status" 0 && not called terraform'

# The workflow's comparison with main, with a stand-in of gh that prints main's
# newest commit.
printf '#!/bin/sh\necho "$NEWEST"\n' >"$work/bin/gh"
chmod +x "$work/bin/gh"
awk '/- name: Compare with main/ { f = 1 } f && /run: \|/ { p = 1; next } p && !/^          / { exit } p { print substr($0, 11) }' .github/workflows/deploy.yml >"$work/compare"

# compare NEWEST ATTEMPT: a run of commit "this".
compare() {
  log=/dev/null
  rm -f "$work/output"
  said=$(NEWEST=$1 GITHUB_RUN_ATTEMPT=$2 GITHUB_SHA="this" GITHUB_REPOSITORY=a/b GITHUB_OUTPUT=$work/output bash -e "$work/compare" 2>"$work/errors") && status=0 || status=$?
  output=$(cat "$work/output" 2>/dev/null)
}
compare "this" 1
row "newest: main's newest commit is deployed" is "$status $output" "0 newest=true"
compare "this" 2
row "newest: its run may be repeated" is "$status $output" "0 newest=true"
compare "another" 1
row "newest: a run that was overtaken ends without a deploy, and says so" eval 'is "$status $output" "0 newest=false" && says "the run of another deploys"'
compare "another" 2
row "newest: an older run that is repeated fails, and names rollback" eval 'is "$status $output" "1 " && says "rollback"'
compare "" 1
row "newest: without an answer nothing is deployed" not is "$output" "newest=true"
