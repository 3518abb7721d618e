# shellcheck shell=bash disable=SC2016 # what looks like variables there is jq's
# One Cloud Run service as its deploys see it: revisions, tags, traffic.
#
# Needs gcloud, jq and curl, and in the environment
#   GCP_PROJECT, GCP_REGION   where the service is
#   GCP_SERVICE               its name; stackroom unless said
#
# A deploy holds the service by the tag "candidate". Only one revision can
# have it, and Cloud Run itself says which: who reads another revision there
# than its own has been overtaken, and touches nothing any more. A tag that is
# older than LEASE_SECONDS was left behind by a deploy that was killed.

: "${GCP_PROJECT:?the project of the service}" "${GCP_REGION:?the region of the service}"
: "${GCP_SERVICE:=stackroom}" "${LEASE_SECONDS:=3600}" "${RETRY_SECONDS:=5}"

# How a script ends. People are needed after the last.
# shellcheck disable=SC2034 # the scripts that read this file use them
readonly FAILED=1 USAGE=2 OVERTAKEN=3 STUCK=4

say() { printf '%s\n' "$*" >&2; }

cloud_run() { gcloud run "$@" --project="$GCP_PROJECT" --region="$GCP_REGION" --quiet; }

# read_service sets SERVICE_STATE to what Cloud Run says of the service now.
read_service() {
  SERVICE_STATE=$(cloud_run services describe "$GCP_SERVICE" --format=json)
}

# ask FILTER [ARGUMENTS...]: a question to what was read.
ask() { jq -r "$@" <<<"$SERVICE_STATE"; }

# share REVISION prints how many per cent of the traffic the revision has.
share() { ask --arg r "$1" '[.status.traffic[]? | select(.revisionName == $r) | .percent // 0] | add // 0'; }

# tagged TAG prints the revision that has the tag, "" if none has.
tagged() { ask --arg t "$1" 'first(.status.traffic[]? | select(.tag == $t) | .revisionName) // ""'; }

# serving prints the revision with the most traffic, the candidate aside.
serving() {
  ask '(first(.status.traffic[]? | select(.tag == "candidate") | .revisionName) // "") as $candidate
    | [.status.traffic[]? | select((.percent // 0) > 0 and .revisionName != $candidate)] | max_by(.percent) | .revisionName // ""'
}

# setting NAME prints a variable of the newest revision's environment.
setting() {
  ask --arg n "$1" 'first(.spec.template.spec.containers[]?.env[]? | select(.name == $n) | .value) // ""'
}

# age_of REVISION prints how many seconds ago the revision was made.
age_of() {
  cloud_run revisions describe "$1" --format=json | jq -r 'now - (.metadata.creationTimestamp | sub("\\.[0-9]+"; "") | fromdate) | floor'
}

# move_traffic OPTIONS... changes traffic or tags. gcloud sends what it read
# with its version, so of two changes at one moment Cloud Run refuses one.
move_traffic() { cloud_run services update-traffic "$GCP_SERVICE" "$@" >/dev/null; }

# hold REVISION: reads the service, and ends with OVERTAKEN unless the
# candidate is still this revision.
hold() {
  local holder
  read_service
  holder=$(tagged candidate)
  [ "$holder" = "$1" ] && return 0
  say "another deploy has overtaken this one: the candidate is ${holder:-nobody} and not $1. Nothing was touched."
  return "$OVERTAKEN"
}
