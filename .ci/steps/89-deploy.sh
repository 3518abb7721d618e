# Deploys by the pipeline's own scripts with the real gcloud, against a stand-in
# of Cloud Run on loopback and a real server in each mode of signing in.
# CI_FULL=1 makes every call fail in every way, in every mode; DEPLOY_ROWS is a
# pattern of the rows to try, DEPLOY_TABLE a file for the table.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

if ! command -v gcloud >/dev/null; then
  skip "deploy: gcloud is not here, and Debian has no package of it: NO DEPLOY WAS TRIED"
  exit 0
fi
export PYTHONDONTWRITEBYTECODE=1
place=$WORK/deploy
mkdir -p "$place"
service=stackroom-abc-ew.a.run.app
export STACKROOM_ALLOWED_HOSTS=$service,candidate---$service,library.example.org,candidate.library.example.org
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done; }
trap finish EXIT

# mode NAME URL ENVIRONMENT SECRETS [INVOKER]: a mode in the configuration of
# rows.py. ENVIRONMENT and SECRETS are JSON; INVOKER is the token that Cloud Run
# asks callers for.
mode() {
  jq -nc --arg name "$1" --arg backend "${2#http://}" --argjson env "$3" --argjson secrets "$4" --arg invoker "${5-}" \
    '{($name): {$backend, env: ($env + {STACKROOM_AUTH: $name}), $secrets, $invoker}}' >>"$place/modes"
}

# serve NAME ENVIRONMENT...: starts a server that stays until the step ends, and
# sets SERVER_URL.
serve() {
  local name=$1
  shift
  mkdir -p "$place/$name-data"
  start_server "$place/$name.log" env STACKROOM_DATA="$place/$name-data" "$@" "$WORK/bin/stackroom" serve || return
  pids+=("$SERVER_PID")
  SERVER_PID=
}

# check_commands asks gcloud's own parser, without an account or a call.
check_commands() {
  python3 .ci/deploy/commands.py infra/README.md infra/scripts/* cloudbuild.yaml .github/workflows/*.yml >"$place/commands.json"
  CLOUDSDK_CONFIG=$place/gcloud CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=1 CLOUDSDK_CORE_CHECK_GCE_METADATA=false CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK=1 \
    timeout 120 gcloud --quiet meta lint-gcloud-commands --commands-file="$place/commands.json" >"$place/commands.said" 2>"$place/commands.log"
  if ! jq -e 'length > 0' "$place/commands.said" >/dev/null 2>&1; then
    tail -n 3 "$place/commands.log"
    skip "gcloud: this version can't check commands"
    return
  fi
  jq -r '.[] | [if .success then "pass" else "fail" end, .command_string + (if .success then "" else ": " + (.error_message // "" | split("\n")[0]) end)] | @tsv' "$place/commands.said" >"$place/commands.rows"
  collect "gcloud takes" <"$place/commands.rows"
}

part() { printf %s "$1" | base64 -w0 | tr -d =; } # of a JSON Web Token

# wrote FILE waits until a program has written something to the file.
wrote() {
  for ((i = 0; i < 300; i++)); do
    [ ! -s "$1" ] || return 0
    sleep 0.1
  done
  return 1
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=stand-in \
  -addext 'subjectAltName=DNS:monitoring.googleapis.com,DNS:*.a.run.app,DNS:library.example.org,DNS:candidate.library.example.org' -keyout "$place/key.pem" -out "$place/certificate.pem" 2>"$place/openssl.log"
cat "$place/key.pem" >>"$place/certificate.pem"
PROBE=$(openssl rand -hex 24)
printf %s "$PROBE" >"$place/probe"
export STACKROOM_PROBE_TOKEN=file://$place/probe
probe_secret=$(jq -nc --arg t "$PROBE" '{"stackroom-stackroom-probe-token": $t}')

TOKEN=$("$WORK/bin/stackroom" token new --name pipeline --all-libraries --record "$place/records" 2>/dev/null)
if serve tokens STACKROOM_AUTH=tokens STACKROOM_TOKENS="file://$place/records"; then
  mode tokens "$SERVER_URL" '{}' "$(jq -nc --arg t "$TOKEN" '{"stackroom-smoke-token": $t}')"
else
  fail "deploy: the server with sign-in by tokens did not start"
fi
if serve none STACKROOM_AUTH=none; then
  mode none "$SERVER_URL" '{}' '{}' "$(part '{"alg":"none"}').$(part '{"exp":4102444800}').$(part 'a signature')"
else
  fail "deploy: the server without sign-in did not start"
fi

# oidc: an identity provider that others wrote.
if install_node >"$WORK/install.log" 2>&1; then
  mkdir -p "$NODE_HOME/signin"
  cp .ci/clients/oidc-provider.mjs "$NODE_HOME/signin/"
  issuer=$(free_port)
  "$NODE" "$NODE_HOME/signin/oidc-provider.mjs" "$issuer" >"$place/issuer.log" 2>&1 </dev/null &
  pids+=($!)
  if wrote "$place/issuer.log" && serve oidc STACKROOM_AUTH=oidc STACKROOM_PUBLIC_URL="https://$service" STACKROOM_OIDC_ISSUER="http://127.0.0.1:$issuer"; then
    mode oidc "$SERVER_URL" "$(jq -nc --arg u "https://$service" '{STACKROOM_PUBLIC_URL: $u}')" "$probe_secret"
  else
    fail "deploy: the server with sign-in by oidc did not start"
  fi
else
  tail -n 4 "$WORK/install.log"
  skip "deploy: mode oidc: the identity provider could not be installed"
fi

# zotero: the stand-in for Zotero that sign-in is tried with.
if go build -o "$WORK/bin/stand" ./.ci/signin/stand; then
  mkdir -p "$place/stand"
  "$WORK/bin/stand" -program "$WORK/bin/stackroom" -folder "$place/stand" -lifetime 2h >"$place/stand.json" 2>"$place/stand.log" </dev/null &
  pids+=($!)
  if wrote "$place/stand.json" && port=$(jq -er '.ports[0]' "$place/stand.json"); then
    mode zotero "http://127.0.0.1:$port" "$(jq -c '{STACKROOM_PUBLIC_URL: .public}' "$place/stand.json")" "$probe_secret"
  else
    tail -n 20 "$place/stand.log"
    fail "deploy: the server with sign-in by Zotero did not start"
  fi
fi

# The scripts promise to run with jq 1.6, which Debian has and which takes ten times as
# long to start.
newer=$(install_jq 2>"$WORK/jq.log") || { newer=''; tail -n 2 "$WORK/jq.log"; echo "deploy: jq 1.8.2 could not be built; all rows run with $(jq --version)"; }

jq -sc --arg certificate "$place/certificate.pem" --argjson full "${CI_FULL:-0}" --arg jq "$newer" \
  '{$certificate, $jq, full: ($full == 1), workers: (if $full == 1 then 8 else 4 end), modes: add}' "$place/modes" >"$place/config.json"
python3 .ci/deploy/rows.py "$place/config.json" "$place/rows" "$place/table" 2>"$place/log" || { tail -n 20 "$place/log"; fail "deploy: the rows ended before their end"; }
head -n 150 "$place/log"
cat "$place/table"
[ -z "${DEPLOY_TABLE-}" ] || cp "$place/table" "$DEPLOY_TABLE"
collect deploy <"$place/rows"
check_commands
