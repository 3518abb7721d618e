# shellcheck shell=bash disable=SC2016 # what looks like variables there is jq's
# A Cloud Run service as its deploys see it. Sourced by deploy and rollback.
# Needs bash 5, gcloud, jq 1.6 or later and curl, and in the environment
#
#   GCP_PROJECT, GCP_REGION   where the service is
#   GCP_SERVICE=stackroom     its name
#   RETRY_SECONDS=5           the pause before a failed call is repeated
#
# These are all states of a service. One change leads from each to the next,
# and states the whole split of the traffic, so repeating it changes nothing:
#
#   stable     STABLE 100 %
#   candidate  STABLE 100 %, CANDIDATE tagged "candidate"      --update-tags
#   canary     STABLE 90 %, CANDIDATE 10 %, tagged             --to-revisions
#   baking     CANDIDATE 100 %, tagged; STABLE "previous"      --to-revisions --update-tags
#   stable     CANDIDATE 100 %; STABLE "previous"              --remove-tags
#
# One change leads back from all of them:
#
#   --to-revisions=STABLE=100 --remove-tags=candidate
#
# It leaves the tag "previous" where it is: after baking on STABLE itself, so
# that a second rollback changes nothing.
#
# A killed script's last call may be carried out or not, also while the next
# script runs. The service is in one of these states either way.
#
# The tag "candidate" also says which deploy is under way. A deploy that finds
# another revision there changes nothing any more.

# shellcheck disable=SC2034 # the scripts that read this file use them
readonly FAILED=1 USAGE=2 OVERTAKEN=3 STUCK=4

# Every return here has a status: without one, a function that runs in the trap
# of EXIT returns the status of the script.

say() { printf '%s\n' "$*" >&2; }

# end STATUS MESSAGE: ends the script.
end() {
  say "$2"
  exit "$1"
}

# whole NAME DEFAULT LEAST MOST: the setting NAME is a whole number.
whole() {
  [ -n "${!1-}" ] || printf -v "$1" %s "$2"
  if [[ ! ${!1} =~ ^(0|[1-9][0-9]{0,6})$ ]] || ((${!1} < $3 || ${!1} > $4)); then
    end "$USAGE" "$1 is \"${!1}\"; it has to be a whole number from $3 to $4"
  fi
  export "${1?}"
}

# decimal NAME DEFAULT LEAST MOST: the setting NAME is a number, with a point
# or without, between LEAST and MOST and neither of them.
decimal() {
  [ -n "${!1-}" ] || printf -v "$1" %s "$2"
  if [[ ! ${!1} =~ ^(0|[1-9][0-9]{0,6})(\.[0-9]{1,6})?$ ]] || ! jq -en --argjson n "${!1}" "\$n > $3 and \$n < $4" >/dev/null; then
    end "$USAGE" "$1 is \"${!1}\"; it has to be a number above $3 and below $4"
  fi
  export "${1?}"
}

# word NAME PATTERN EXAMPLE: the setting NAME is there and looks right.
word() {
  [[ ${!1-} =~ ^($2)$ ]] || end "$USAGE" "$1 is \"${!1-}\"; it has to be something like $3"
}

for tool in gcloud jq curl; do
  command -v "$tool" >/dev/null || end "$USAGE" "$tool is not installed"
done
: "${GCP_SERVICE:=stackroom}"
word GCP_PROJECT '([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]' library-team
word GCP_REGION '[a-z]+-[a-z]+[0-9]+' europe-west1
word GCP_SERVICE '[a-z][a-z0-9-]{0,47}[a-z0-9]' stackroom
whole RETRY_SECONDS 5 0 600

# gcloud waits 300 s for an answer and asks whether to enable an API, for which
# the pipeline's account has no role.
export CLOUDSDK_CORE_HTTP_TIMEOUT=${CLOUDSDK_CORE_HTTP_TIMEOUT:-60} CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API=false

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
state='' revision='' stable=''

# pause SECONDS: a sleep that a signal ends.
pause() {
  sleep "$1" &
  wait $!
}

# quietly COMMAND...: runs gcloud. What it says beside its answer is shown only
# if it fails, in a line.
quietly() {
  "$@" 2>"$work/gcloud.log" </dev/null && return 0
  if grep -qiE 'UNAUTHENTICATED|invalid authentication|reauthentication|gcloud auth login|invalid_grant|token.*expired' "$work/gcloud.log"; then
    say "gcloud is not signed in, or its token has expired: sign in with gcloud auth login; in a pipeline, run the job again"
  else
    say "$({ grep -m1 '^ERROR' "$work/gcloud.log" || tail -n1 "$work/gcloud.log"; } | tr -cd '[:print:]' | cut -c1-400)"
  fi
  return 1
}

# cloud_run COMMAND NAME OPTIONS...: general flags go first, since gcloud takes
# all that follow some flags, such as --container, for that flag's own.
cloud_run() {
  local command
  read -ra command <<<"$1"
  quietly gcloud run "${command[@]}" "$2" --project="$GCP_PROJECT" --region="$GCP_REGION" --quiet "${@:3}"
}

# describes_service ANSWER says whether an answer is a description of the
# service.
describes_service() {
  jq -es --arg name "$GCP_SERVICE" 'length == 1 and (.[0] | .metadata.name == $name and (.status.traffic // [] | type == "array"))' <<<"$1" >/dev/null 2>&1 ||
    { say "Cloud Run's answer is not a description of $GCP_SERVICE"; return 1; }
}

# read_service sets state to what Cloud Run says of the service now.
read_service() {
  local answer
  answer=$(cloud_run "services describe" "$GCP_SERVICE" --format=json) && describes_service "$answer" || return 1
  state=$answer
}

# read_revision NAME prints what Cloud Run says of a revision.
read_revision() {
  local answer
  answer=$(cloud_run "revisions describe" "$1" --format=json) || return 1
  jq -es --arg name "$1" 'length == 1 and .[0].metadata.name == $name' <<<"$answer" >/dev/null 2>&1 ||
    { say "Cloud Run's answer is not a description of $1"; return 1; }
  printf '%s' "$answer"
}

# thrice COMMAND...: a question, asked up to three times.
thrice() {
  "$@" || { pause "$RETRY_SECONDS" && "$@"; } || { pause "$RETRY_SECONDS" && "$@"; }
}

# ask FILTER prints the answer of a jq filter over the state:
#   tagged(t)  the revision with the tag, "" without one
#   share(r)   the percentage of the traffic that the revision has
#   beside(c)  the revision that serves beside c: the one with the most
#              traffic, or, where c has it all, the one before; "" without one
ask() {
  jq -r --arg revision "$revision" --arg stable "$stable" --arg image "${image-}" '
    def tagged(t): first(.status.traffic[]? | select(.tag == t) | .revisionName) // "";
    def share(r): [.status.traffic[]? | select(.revisionName == r) | .percent // 0] | add // 0;
    def beside(c): [.status.traffic[]? | select(.revisionName != c).revisionName] as $names
      | ([$names[] as $name | {$name, share: share($name)} | select(.share > 0)] | max_by(.share).name)
        // (tagged("previous") | select(. != c)) // "";
    '"$1" <<<"$state"
}

holds() { [ "$(ask "$1")" = true ]; }

# change ALLOWED WANTED OPTIONS...: one change of tags and traffic, repeated
# until Cloud Run says that the service is as WANTED. It is made only while the
# service is as ALLOWED; both are filters for ask. gcloud sends the version of
# the service that it read, so Cloud Run refuses a change that another one
# preceded, and the repetition begins with a new look.
change() {
  local allowed=$1 wanted=$2 try
  shift 2
  for try in 1 2 3 4; do
    if read_service; then
      ! holds "$wanted" || return 0
      holds "$allowed" || return "$OVERTAKEN"
      if [ "$try" -eq 4 ]; then break; fi
      cloud_run "services update-traffic" "$GCP_SERVICE" "$@" >/dev/null && continue
    fi
    [ "$try" -eq 4 ] || pause "$RETRY_SECONDS"
  done
  return "$FAILED"
}

# give_back gives all traffic to the stable revision and takes the tag from the
# candidate, unless the tag has gone to another revision.
give_back() {
  change 'tagged("candidate") == $revision' 'share($stable) == 100 and tagged("candidate") != $revision' \
    --to-revisions="$stable=100" --remove-tags=candidate
}

# take_back CANDIDATE: the same for a deploy that ended before its end.
take_back() {
  revision=$1
  stable=$(ask 'beside($revision)')
  : "${stable:=$revision}"
  give_back
}

# stuck ends the script when the state of the service is not known.
stuck() {
  say "CAN'T TELL which revision of $GCP_SERVICE has the traffic: Cloud Run does not answer, or refuses. As soon as it answers, type:"
  say "  gcloud run services update-traffic $GCP_SERVICE --project=$GCP_PROJECT --region=$GCP_REGION --to-revisions=$stable=100 --remove-tags=candidate"
  rm -rf "$work"
  exit "$STUCK"
}
