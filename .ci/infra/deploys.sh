#!/usr/bin/env bash
# Deploys against the stand-ins of gcloud and curl, and looks at where the
# traffic is afterwards. Prints rows "pass|fail<TAB>name". To the file
# DEPLOY_CALLS go the commands that gcloud was given.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cp .ci/infra/gcloud .ci/infra/curl "$work/bin/"
chmod +x "$work/bin/"*
export PATH="$work/bin:$PATH" GCP_PROJECT=library-team GCP_REGION=europe-west1 SMOKE_SECRET=stackroom-smoke-token
export WATCH_SECONDS=0 LOOK_SECONDS=0 RETRY_SECONDS=0
image=europe-west1-docker.pkg.dev/library-team/stackroom/stackroom@sha256:$(printf '%064d' 7)

# begin NAME [FAULTS]: a service with one revision that has all traffic.
begin() {
  name=$1
  export STAND_IN=$work/$((++number))
  mkdir -p "$STAND_IN/revisions"
  printf '%s\n' "${2-}" >"$STAND_IN/faults"
  : >"$STAND_IN/log"
  echo '{"metadata":{"creationTimestamp":"2026-01-01T00:00:00.123456Z"}}' >"$STAND_IN/revisions/stackroom-00001"
  jq -n '{spec: {template: {spec: {containers: [{env: [{name: "STACKROOM_AUTH", value: "tokens"}, {name: "STACKROOM_PUBLIC_URL", value: "https://stackroom.example"}]}]}}},
    status: {url: "https://stackroom.example", latestCreatedRevisionName: "stackroom-00001", traffic: [{revisionName: "stackroom-00001", percent: 100, latestRevision: true}]}}' >"$STAND_IN/service.json"
}
number=0

run() { said=$("$@" 2>&1 </dev/null) && status=0 || status=$?; }
deploy() { run bash infra/scripts/deploy "$image"; }

# traffic prints who has how much, and the tags: "stackroom-00002=100 previous:stackroom-00001".
traffic() {
  jq -r '[.status.traffic[] | select((.percent // 0) > 0) | "\(.revisionName)=\(.percent)"] + [.status.traffic[] | select(.tag) | "\(.tag):\(.revisionName)"] | sort | join(" ")' "$STAND_IN/service.json"
}

# end STATUS TRAFFIC [WORDS]: what must have come of it.
end() {
  local wrong=()
  [ "$status" -eq "$1" ] || wrong+=("status $status and not $1")
  [ "$(traffic)" = "$2" ] || wrong+=("traffic is $(traffic) and not $2")
  [ -z "${3-}" ] || [[ $said == *"$3"* ]] || wrong+=("it does not say: $3")
  [[ $said$(cat "$STAND_IN/log") != *stand-in-smoke-token* && $said != *stand-in-access-token* ]] || wrong+=("a token is told")
  if [ ${#wrong[@]} -eq 0 ]; then
    printf 'pass\t%s\n' "$name"
  else
    printf 'fail\t%s: %s\n' "$name" "$(IFS=';' && echo "${wrong[*]}")"
    { echo "$said"; grep -v describe "$STAND_IN/log"; } | cut -c1-160 | sed "s/^/      /" >&2
  fi
}

begin "a good image gets 10 %, then all, and the way back is kept"
deploy
end 0 "previous:stackroom-00001 stackroom-00002=100" "stackroom-00002 has 10 % of the traffic"

begin "the calls come in order: no traffic before the smoke test, all of it last"
deploy
order=$(grep -oE 'run deploy .*--no-traffic|/ready|--to-revisions=[^ ]*|monitoring' "$STAND_IN/log" | sed 's/run deploy.*/deploy/' | tr '\n' ' ')
said=$order
end 0 "previous:stackroom-00001 stackroom-00002=100" "deploy /ready --to-revisions=stackroom-00002=10,stackroom-00001=90 monitoring --to-revisions=stackroom-00002=100 "

begin "the image goes by digest into a named container"
deploy
said=$(grep 'run deploy' "$STAND_IN/log")
end 0 "previous:stackroom-00001 stackroom-00002=100" "--container=stackroom --image=$image"

begin "a tag is not deployed"
run bash infra/scripts/deploy europe-west1-docker.pkg.dev/library-team/stackroom/stackroom:latest
end 2 "stackroom-00001=100" "usage"

begin "an image that does not start gets nothing" "deploy 1 fail"
deploy
end 1 "stackroom-00001=100" "stackroom-00001 keeps all traffic"

begin "a service that is not there is said" "describe 1 fail"
deploy
end 1 "stackroom-00001=100"

begin "failed smoke: not ready" "curl /ready"
deploy
end 1 "stackroom-00001=100" "FAIL  it is ready"

begin "failed smoke: no answer to the protocol" "curl /mcp"
deploy
end 1 "stackroom-00001=100" "got no traffic"

begin "failed smoke: a server that lets strangers in is not deployed" "curl /mcp"
deploy
end 1 "stackroom-00001=100" "FAIL  a stranger is asked to sign in"

begin "failed smoke, and the tag can't be taken off: still no traffic" $'curl /ready\ntraffic 1 fail'
deploy
end 1 "candidate:stackroom-00002 stackroom-00001=100"

begin "failed promote: the first share can't be given" "traffic 1 fail"
deploy
end 1 "stackroom-00001=100" "giving all traffic back"

begin "failed promote: the first share is not there though Cloud Run said so" "traffic 1 lie"
deploy
end 1 "stackroom-00001=100" "and not 10 %"

begin "failed promote: the canary answers with errors" "curl errors"
deploy
end 1 "stackroom-00001=100" "40 of 100 answers"

begin "failed promote: the canary can't be watched" "curl monitoring"
WATCH_SECONDS=60 deploy
end 1 "stackroom-00001=100" "can't be watched"

begin "failed promote: all of it can't be given" "traffic 2 fail"
deploy
end 1 "stackroom-00001=100" "giving all traffic back"

begin "failed promote: the job is cancelled on the way" "traffic 2 die"
deploy
end 1 "previous:stackroom-00001 stackroom-00001=100" "the deploy was stopped"

begin "the way back is tried three times" $'curl errors\ntraffic 2 fail\ntraffic 3 fail'
deploy
end 1 "stackroom-00001=100" "stackroom-00001 has all traffic"

begin "a way back that fails is shouted, with the command to run" $'curl errors\ntraffic 2+ fail'
deploy
end 4 "candidate:stackroom-00002 stackroom-00001=90 stackroom-00002=10" "gcloud run services update-traffic stackroom --to-revisions=stackroom-00001=100"

begin "a way back that lies is found out" $'curl errors\ntraffic 2+ lie'
deploy
end 4 "candidate:stackroom-00002 stackroom-00001=90 stackroom-00002=10" "THE WAY BACK FAILED"

begin "a deploy that is cancelled while it asks takes its candidate away" "describe 2 die"
deploy
end 1 "stackroom-00001=100" "the deploy was stopped"

begin "two deploys: the second one waits for none and touches nothing"
deploy_first() { bash -c '. infra/scripts/cloudrun.sh; cloud_run deploy stackroom --no-traffic --tag=candidate --image=x' >/dev/null; }
deploy_first
deploy
end 3 "candidate:stackroom-00002 stackroom-00001=100" "another deploy is under way"

begin "two deploys: where the other's age can't be told it is left alone" "revision 1 fail"
deploy_first
deploy
end 3 "candidate:stackroom-00002 stackroom-00001=100" "can't be told"

begin "two deploys: one that was overtaken before its smoke test leaves the other alone" "describe 2 overtake"
deploy
end 3 "candidate:stackroom-00003 stackroom-00001=100" "overtaken"

begin "two deploys: one that was overtaken before its promotion leaves the other alone" "describe 3 overtake"
deploy
end 3 "candidate:stackroom-00003 stackroom-00001=100" "overtaken"

begin "two deploys: one that was overtaken as a canary leaves the rest to the other" "describe 5 overtake"
deploy
end 3 "candidate:stackroom-00003 stackroom-00001=90 stackroom-00002=10" "overtaken"

begin "two deploys: a failed one that was overtaken does not take the other's tag" $'describe 2 overtake\ncurl /ready'
deploy
end 3 "candidate:stackroom-00003 stackroom-00001=100" "overtaken"

begin "a deploy that was killed holds nothing for ever"
deploy_first
jq '.metadata.creationTimestamp = "2026-01-01T00:00:00Z"' "$STAND_IN/revisions/stackroom-00002" >"$STAND_IN/old" && mv "$STAND_IN/old" "$STAND_IN/revisions/stackroom-00002"
deploy
end 0 "previous:stackroom-00001 stackroom-00003=100" "was killed"

begin "rollback by hand goes to the version before"
deploy
run bash infra/scripts/rollback
end 0 "previous:stackroom-00001 stackroom-00001=100" "stackroom-00001 has all traffic"

begin "rollback by hand during a canary goes to the version beside it"
deploy_first
bash -c '. infra/scripts/cloudrun.sh; move_traffic --to-revisions=stackroom-00002=10,stackroom-00001=90'
run bash infra/scripts/rollback
end 0 "stackroom-00001=100" "stackroom-00001 has all traffic"

begin "rollback with nothing before it asks for a revision"
run bash infra/scripts/rollback
end 1 "stackroom-00001=100" "name one of"

# At once in truth: whatever the order of their calls, one of them or neither
# is served, never a mixture, and neither says 0 without having the traffic.
begin "two deploys at once, four times: one wins or none, and nothing is left between"
status=0 said=
for round in 1 2 3 4; do
  begin "$name"
  bash infra/scripts/deploy "$image" >"$STAND_IN/one" 2>&1 & one=$!
  bash infra/scripts/deploy "$image" >"$STAND_IN/two" 2>&1 & two=$!
  wait $one; first=$?
  wait $two; second=$?
  case "$first $second" in "0 3" | "3 0" | "3 3" | "0 0") ;; *) status=1 said+="round $round: they ended with $first and $second; " ;; esac
  served=$(jq -r '[.status.traffic[] | select((.percent // 0) > 0) | .percent] | join(",")' "$STAND_IN/service.json")
  [ "$served" = 100 ] || { status=1 said+="round $round: shares $served; "; }
  [ "$first" -ne 0 ] && [ "$second" -ne 0 ] || jq -e '.status.traffic[] | select(.percent == 100) | .revisionName != "stackroom-00001"' "$STAND_IN/service.json" >/dev/null || { status=1 said+="round $round: 0 without the traffic; "; }
done
end 0 "$(traffic)"
[ -z "${DEPLOY_CALLS-}" ] || cat "$work"/*/log | grep '^gcloud' | sort -u >"$DEPLOY_CALLS"
