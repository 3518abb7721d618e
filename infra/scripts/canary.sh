# shellcheck shell=bash disable=SC2154 # here, work, revision and stable are deploy's and cloudrun.sh's
# What Cloud Monitoring says of two revisions. Sourced by deploy.
#
# Calls, errors (5xx) and durations are Cloud Run's own metrics. Tool errors and
# crashes are counted from the server's log, by two metrics of infra/monitoring.tf;
# where those don't exist, the figures are null and nothing is said of them.

monitoring=${CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING:-https://monitoring.googleapis.com/}
proxy=()
[ -z "${CLOUDSDK_PROXY_ADDRESS-}" ] || proxy=(--proxy "http://$CLOUDSDK_PROXY_ADDRESS:${CLOUDSDK_PROXY_PORT:-3128}")

moment() { TZ=UTC printf '%(%Y-%m-%dT%H:%M:%SZ)T' "$1"; }

# series METRIC REVISION SINCE ALIGNER REDUCER [LABEL] prints the points of a
# metric as {LABEL: sum}, or null where there is no such metric. SINCE is a Unix
# time.
series() {
  local now seconds label=${6-}
  now=$(date +%s)
  seconds=$((now - $3 < 60 ? 60 : now - $3))
  curl --silent --show-error --max-time 20 --get "${proxy[@]}" --header "@$work/access" \
    --data-urlencode "filter=metric.type=\"$1\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"$GCP_SERVICE\" AND resource.labels.revision_name=\"$2\"" \
    --data-urlencode "interval.startTime=$(moment $((now - seconds)))" \
    --data-urlencode "interval.endTime=$(moment "$now")" \
    --data-urlencode "aggregation.alignmentPeriod=${seconds}s" \
    --data-urlencode "aggregation.perSeriesAligner=$4" \
    --data-urlencode "aggregation.crossSeriesReducer=$5" \
    ${label:+--data-urlencode "aggregation.groupByFields=metric.labels.$label"} \
    "${monitoring%/}/v3/projects/$GCP_PROJECT/timeSeries" >"$work/series" || return 1
  jq -es --arg by "${label:-all}" '
    def point: [.points[]?.value | .int64Value // .doubleValue // 0 | tonumber] | add // 0;
    if length != 1 or (.[0] | type != "object") then error("no answer that can be read") else .[0] end
    | if .error.code == 404 then null
      elif .error then error(.error.message // "an error")
      else reduce .timeSeries[]? as $s ({}; .[$s.metric.labels[$by] // "all"] += ($s | point)) end
    | tojson' -r "$work/series" 2>"$work/series.log" || { say "Cloud Monitoring: $(head -c 200 "$work/series.log")"; return 1; }
}

# figures REVISION SINCE prints a revision's figures, for judge.jq.
figures() {
  local calls slow tools crashes
  calls=$(series run.googleapis.com/request_count "$1" "$2" ALIGN_SUM REDUCE_SUM response_code_class) || return 1
  slow=$(series run.googleapis.com/request_latencies "$1" "$2" ALIGN_DELTA REDUCE_PERCENTILE_95) || return 1
  tools=$(series "logging.googleapis.com/user/$GCP_SERVICE-tool-calls" "$1" "$2" ALIGN_SUM REDUCE_SUM outcome) || return 1
  crashes=$(series "logging.googleapis.com/user/$GCP_SERVICE-crashes" "$1" "$2" ALIGN_SUM REDUCE_SUM) || return 1
  jq -nc --argjson calls "$calls" --argjson slow "$slow" --argjson tools "$tools" --argjson crashes "$crashes" '
    {calls: ([$calls[]?] | add // 0), errors: ($calls["5xx"]? // 0), p95_ms: $slow.all?,
     tool_calls: (if $tools == null then null else [$tools[]] | add // 0 end),
     tool_errors: (if $tools == null then null else [$tools.tool_error, $tools.error] | add // 0 end),
     restarts: (if $crashes == null then null else [$crashes[]] | add // 0 end)}'
}

# look SINCE STABLE_SINCE: one comparison by Cloud Monitoring's figures. Ends as
# judge does. A token is used until it is refused.
look() {
  local token candidate other
  if [ ! -f "$work/access" ]; then
    token=$(quietly gcloud auth print-access-token) || return 2
    printf 'Authorization: Bearer %s\n' "$token" >"$work/access"
  fi
  if ! candidate=$(figures "$revision" "$1") || ! other=$(figures "$stable" "$2"); then
    rm -f "$work/access"
    return 2
  fi
  judge "$candidate" "$other"
}

# judge CANDIDATE STABLE: compares figures. Returns 1 for a bad candidate, 2 if
# that can't be told.
judge() {
  local verdict
  verdict=$(jq -nc --argjson candidate "$1" --argjson stable "$2" '{$candidate, $stable}' | jq -er -f "$here/../judge.jq") || return 2
  say "$revision: $verdict"
  [[ $verdict != bad* ]]
}

# watch SECONDS SINCE STABLE_SINCE: looks at the candidate until the time is
# over. Returns 1 at the first bad verdict, 2 if three looks in a row failed. In 0
# seconds Cloud Monitoring has no figures yet, so a look that fails then is no
# reason.
watch() {
  local ends=$(($(date +%s) + $1)) blind=0 status
  while :; do
    status=0
    look "$2" "$3" || status=$?
    case $status in
    0) blind=0 ;;
    1) return 1 ;;
    *)
      blind=$((blind + 1))
      [ "$1" -gt 0 ] || { say "$revision was not watched"; return 0; }
      ;;
    esac
    [ "$blind" -lt 3 ] || return 2
    if [ "$blind" -gt 0 ]; then
      pause "$RETRY_SECONDS"
    elif [ "$(date +%s)" -ge "$ends" ]; then
      return 0
    else
      pause "$LOOK_SECONDS"
    fi
  done
}
