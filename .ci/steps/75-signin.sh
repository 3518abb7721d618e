# Sign-in with third-party programs: the official TypeScript clients, the
# conformance suite's authorization scenarios, mcp-remote and a real browser on
# two processes behind one URL; then the modes tokens and oidc.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

if ! install_node >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "sign-in: the third-party programs could not be installed"
  exit 0
fi
# A module finds its packages from where it lies.
mkdir -p "$NODE_HOME/signin"
cp .ci/signin/*.mjs .ci/clients/oidc-provider.mjs "$NODE_HOME/signin/"

STAND=$WORK/signin PLACE=$WORK/signin/place.json
mkdir -p "$STAND"
STAND_PID='' ISSUER_PID=''
trap 'stop_server; end "$STAND_PID"; end "$ISSUER_PID"' EXIT

# end PID: ends a program by its process ID and waits for it.
end() {
  [ -n "$1" ] || return 0
  kill "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# drive NAME SECONDS COMMAND...: runs a program that prints rows, at least one.
drive() {
  local name=$1 limit=$2 ended=0
  shift 2
  timeout "$limit" "$@" >"$WORK/$name.rows" 2>"$WORK/$name.log" || ended=$?
  collect "$name" <"$WORK/$name.rows"
  if [ "$ended" -ne 0 ] || [ ! -s "$WORK/$name.rows" ] || grep -q '^fail' "$WORK/$name.rows"; then
    tail -n 40 "$WORK/$name.log"
  fi
  [ "$ended" -eq 0 ] || fail "$name: the program ended with status $ended"
}

# place FIELD: an address of the stand.
place() { "$NODE" -p 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' "$PLACE" "$1"; }

go build -o "$WORK/bin/stand" ./.ci/signin/stand || exit 1
: >"$PLACE"
"$WORK/bin/stand" -program "$WORK/bin/stackroom" -folder "$STAND" >>"$PLACE" 2>"$WORK/stand.log" </dev/null &
STAND_PID=$!
if ! await "$PLACE" "$STAND_PID"; then
  tail -n 40 "$WORK/stand.log" "$STAND"/*.log
  fail "sign-in: the deployment did not start"
  exit 0
fi
PUBLIC=$(place public)
# The proxy speaks TLS, as in production, with a certificate of its own.
NODE_EXTRA_CA_CERTS=$(place certificate)
export NODE_EXTRA_CA_CERTS

drive "signin typescript" 90 "$NODE" "$NODE_HOME/signin/client.mjs" "$PLACE"

# A browser for programs that start one: mcp-remote by its own opener.
cat >"$WORK/bin/browser" <<BROWSER
#!/bin/sh
exec "$NODE" "$NODE_HOME/signin/person.mjs" "\$1" >>"$WORK/browser-stub.log" 2>&1
BROWSER
chmod +x "$WORK/bin/browser"
BROWSER=$WORK/bin/browser MCP_REMOTE_CONFIG_DIR=$STAND/mcp-remote \
  drive "signin mcp-remote" 60 "$NODE" "$NODE_HOME/signin/remote.mjs" "$PLACE" "$NODE_HOME/node_modules/mcp-remote/dist/proxy.js"

# authorization: the conformance suite prints a URL that a person has to open.
authorization() {
  local port client url i suite=$NODE_HOME/node_modules/@modelcontextprotocol/conformance/dist/index.js
  port=$(free_port)
  client=$(curl -fsS --cacert "$NODE_EXTRA_CA_CERTS" -H 'Content-Type: application/json' "$PUBLIC/register" \
    -d '{"client_name":"Conformance","redirect_uris":["http://127.0.0.1:'"$port"'/callback"],"token_endpoint_auth_method":"none"}' |
    "$NODE" -p 'JSON.parse(require("fs").readFileSync(0)).client_id') || return 1
  : >"$WORK/authorization.log"
  timeout 60 "$NODE" "$suite" authorization --url "$PUBLIC" --client-id "$client" --resource "$PUBLIC/mcp" -p "$port" -o "$STAND/conformance" >>"$WORK/authorization.log" 2>&1 &
  local pid=$!
  for ((i = 0; i < 200; i++)); do
    url=$(grep -o "$PUBLIC/authorize?[^ ]*" "$WORK/authorization.log" | tail -n 1)
    [ -n "$url" ] && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  [ -z "$url" ] || "$WORK/bin/browser" "$url"
  wait "$pid"
}
authorization
status=$?
sed 's/\x1b\[[0-9;]*m//g' "$WORK/authorization.log" | awk '/^ *(✓|✗) / { print ($1 == "✓" ? "pass" : "fail") "\t" $2 }' | sort -u >"$WORK/authorization.rows"
collect "conformance authorization" <"$WORK/authorization.rows"
if [ "$status" -ne 0 ] || [ "$(wc -l <"$WORK/authorization.rows")" -lt 1 ]; then
  tail -n 60 "$WORK/authorization.log"
  fail "conformance authorization: the suite ended with status $status"
fi

if command -v chromium >/dev/null || debian chromium; then
  drive "signin browser" 240 "$NODE" "$NODE_HOME/signin/browser.mjs" "$PLACE" "${STACKROOM_SCREENSHOTS:-}" "$(command -v chromium)"
else
  skip "signin browser: Chromium could not be installed"
fi

# The log of these sign-ins contains no secrets (S09).
quiet() { ! grep -hnE 'sr_(access|refresh|code|form|login|pat|session|signin|field|owed)_|code_verifier|[0-9a-z]+mark|Tenancy|appsecret|oauth_verifier=' "$STAND"/process-*.log | cut -c1-300 | grep .; }
check "signin: the logs of both processes hold no token, code, verifier, key or title" quiet
check "signin: the logs say who signed in" grep -q '"signed in","principal":"zotero:1001"' "$STAND/process-1.log" "$STAND/process-2.log"

# oidc: the npm package oidc-provider.
ISSUER_PORT=$(free_port)
: >"$WORK/issuer"
"$NODE" "$NODE_HOME/signin/oidc-provider.mjs" "$ISSUER_PORT" >>"$WORK/issuer" 2>"$WORK/issuer.log" </dev/null &
ISSUER_PID=$!
take() { # take RESOURCE: a token of the provider for a resource
  curl -fsS -u robot:robot-secret "http://127.0.0.1:$ISSUER_PORT/token" --data-urlencode "resource=$1" -d grant_type=client_credentials -d scope=library:read |
    "$NODE" -p 'JSON.parse(require("fs").readFileSync(0)).access_token'
}
bearer() { TOKEN=$1 timeout 30 "$NODE" "$NODE_HOME/signin/bearer.mjs" "${@:2}"; }
# The libraries are those of the shared key.
mkdir -p "$STAND/data"
SHARED=(ZOTERO_URL="$(place zotero)" ZOTERO_API_KEY="$(place key)" STACKROOM_DATA="$STAND/data")
if await "$WORK/issuer" "$ISSUER_PID"; then
  go build -o "$WORK/bin/count" ./.ci/count || exit 1
  STACKROOM_TEST_OIDC_ISSUER="http://127.0.0.1:$ISSUER_PORT" tier "oidc: tokens of oidc-provider" OIDCProvider ./pkg/identity/oidc
  if start_server "$WORK/oidc.log" env "${SHARED[@]}" STACKROOM_AUTH=oidc STACKROOM_PUBLIC_URL=http://ADDR \
    STACKROOM_OIDC_ISSUER="http://127.0.0.1:$ISSUER_PORT" "$WORK/bin/stackroom" serve; then
    {
      bearer "$(take "$SERVER_URL/mcp")" "a token for this server is accepted" "$SERVER_URL" user1004mark,group4711mark
      bearer "$(take https://other.example.org/mcp)" "a token for another server is rejected" "$SERVER_URL" 401
      bearer "not-a-token" "an invalid token is rejected" "$SERVER_URL" 401
      bearer "" "a call without a token is rejected" "$SERVER_URL" 401
    } >"$WORK/oidc.rows" 2>>"$WORK/oidc.log"
    collect oidc <"$WORK/oidc.rows"
  else
    fail "oidc: stackroom serve did not start"
  fi
  stop_server
else
  tail -n 20 "$WORK/issuer.log"
  fail "oidc: the provider did not start"
fi

# tokens: made by the program itself, kept in a file.
RECORDS=$STAND/records
token() { "$WORK/bin/stackroom" token new --name "$1" --record "$RECORDS" "${@:2}" 2>/dev/null; }
ALL=$(token everyone --all-libraries)
ONE=$(token one --library group:4711)
if start_server "$WORK/tokens.log" env "${SHARED[@]}" STACKROOM_AUTH=tokens STACKROOM_TOKENS="file://$RECORDS" STACKROOM_SECRET_REFRESH=10s \
  "$WORK/bin/stackroom" serve; then
  {
    bearer "$ALL" "a token for all libraries sees all" "$SERVER_URL" user1004mark,group4711mark,group4712mark
    bearer "$ONE" "a token for one library sees that one" "$SERVER_URL" 'group4711mark,!user1004mark,!group4712mark'
    bearer "${ONE}x" "a made-up token is rejected" "$SERVER_URL" 401
    LATER=$(token later --library group:4712)
    grep -v '"name":"everyone"' "$RECORDS" >"$RECORDS.new" && mv "$RECORDS.new" "$RECORDS"
    for ((i = 0; i < 150; i++)); do
      grep -q 'a changed secret is in use' "$WORK/tokens.log" && break
      sleep 0.1
    done
    bearer "$LATER" "a new record is taken up without a restart" "$SERVER_URL" 'group4712mark,!group4711mark'
    bearer "$ALL" "a token whose record was taken out is no good any more" "$SERVER_URL" 401
    bearer "$ONE" "the others go on" "$SERVER_URL" group4711mark
  } >"$WORK/tokens.rows" 2>>"$WORK/tokens.errors"
  collect tokens <"$WORK/tokens.rows"
  for secret in "$ALL" "$ONE" "${SHARED[1]#*=}"; do
    ! grep -qF "$secret" "$WORK/tokens.log" || fail "tokens: the log has a secret"
  done
else
  fail "tokens: stackroom serve did not start"
fi
