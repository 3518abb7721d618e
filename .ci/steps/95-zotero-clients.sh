# The official Inspector and the official TypeScript client over Stackroom over a
# server that speaks Zotero's Web API, with a personal and two group libraries.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh
. .ci/zotero/server.sh

if [ -z "${STACKROOM_FIXTURES-}" ]; then
  skip "zotero clients: the collected data is not there"
  exit 0
fi
if ! install_zotero >"$WORK/install.log" 2>&1 || ! install_node >>"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "zotero clients: the server could not be installed"
  exit 0
fi
trap 'stop_server; stop_zotero' EXIT
# fill fills the server, which takes half a minute, unless step 90 kept what it filled its
# own with.
fill() {
  local url=http://127.0.0.1:$ZOTERO_PORT
  if [ -n "$filled" ]; then
    jq -c --arg url "$url" '.url = $url' "$WORK/seed.json" >"$WORK/filled.json" && mv "$WORK/filled.json" "$WORK/seed.json"
  else
    go run ./.ci/zotero -url "$url" -out "$WORK/seed.json"
  fi >"$WORK/fill.log" 2>&1
}
mkdir -p "$WORK/zotero-clients"
filled=''
[ ! -d "$WORK/zotero-filled" ] || { mv "$WORK/zotero-filled" "$WORK/zotero-clients/state" && filled=yes; }
if ! prepare_zotero "$WORK/zotero-clients" || ! start_zotero || ! fill; then
  tail -n 20 "$WORK/fill.log"
  fail "zotero clients: the server could not be started and filled"
  exit 0
fi

key=$("$NODE" -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).keys.personal' "$WORK/seed.json")
export ZOTERO_URL=http://127.0.0.1:$ZOTERO_PORT ZOTERO_API_KEY=$key STACKROOM_REQUEST_TIMEOUT=280s
mkdir -p "$WORK/zotero-clients-data"
if ! STACKROOM_DATA=$WORK/zotero-clients-data start_server "$WORK/zotero-serve.log" "$WORK/bin/stackroom" serve; then
  fail "zotero clients: stackroom serve did not start"
  exit 0
fi
unset ZOTERO_API_KEY

# The server takes its time to hand out three whole libraries once.
warm() { curl -fsS -m 280 -H 'Content-Type: application/json' -d '{"query":"the"}' "$SERVER_URL/tools/search" >"$WORK/warm.json"; }
check "zotero clients: a first search over all libraries" warm

export MCP_CATALOG_PATH=$WORK/inspector.json MCP_INSPECTOR_SECRET_STORE=memory
inspector=$NODE_HOME/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js
"$NODE" .ci/zotero/plan.mjs .ci/clients/calls.json "$WORK/seed.json" >"$WORK/zotero-calls.json"

# inspect TOOL ARGUMENT...: one call of a tool, which must succeed.
inspect() {
  local tool=$1
  shift
  "$NODE" "$inspector" --cli "$SERVER_URL/mcp" --transport http --protocol-era modern --format json \
    --method tools/call --tool-name "$tool" "$@" >"$WORK/inspector.out" || return
  "$NODE" -e '
    const answer = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const r = answer.result ?? answer;
    if (r.isError || !r.structuredContent) { console.log(JSON.stringify(answer).slice(0, 2000)); process.exit(1); }
  ' "$WORK/inspector.out"
}
id=$("$NODE" -p 'const l = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).libraries[0]; l.id + "/" + l.documents[0].work' "$WORK/seed.json")
check "zotero inspector: search" inspect search --tool-arg query=planning
check "zotero inspector: fetch" inspect fetch --tool-arg "id=$id"
check "zotero inspector: read_text" inspect read_text --tool-arg "id=$id"
for tool in list_libraries list_collections list_tags recent_changes; do
  check "zotero inspector: $tool" inspect $tool
done
check "zotero inspector: export" inspect export --tool-arg "ids=$id" --tool-arg format=bibtex

cp .ci/clients/ts/*.mjs "$NODE_HOME/"
if STACKROOM_CLIENTS=http "$NODE" "$NODE_HOME/main.mjs" "$SERVER_URL/mcp" "$WORK/bin/stackroom" "$WORK/zotero-calls.json" >"$WORK/ts.rows" 2>"$WORK/ts.log"; then
  collect "zotero typescript client" <"$WORK/ts.rows"
else
  collect "zotero typescript client" <"$WORK/ts.rows"
  tail -n 40 "$WORK/ts.log"
  fail "zotero typescript client: the program did not end well"
fi

# hour NAME DATA LIBRARY [SEED]: the work of an hour by a client that asks its person and
# one that can't, over two processes; prints the receipts.
hour() {
  local name=$1
  shift
  cp .ci/zotero/done.mjs .ci/zotero/pdf.mjs "$NODE_HOME/"
  timeout 300 "$NODE" "$NODE_HOME/done.mjs" "$WORK/bin/stackroom" "$@" >"$WORK/hour.rows" 2>"$WORK/hour.log" ||
    fail "$name: the client program did not end well"
  collect "$name" <"$WORK/hour.rows"
  sed 's/^/      /' "$WORK/hour.log"
}

# The replica of the first server is read already; its receipts have no seal.
stop_server
rm -rf "$WORK/zotero-clients-data/changes"
home=$("$NODE" -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).libraries[0].id' "$WORK/seed.json")
ZOTERO_API_KEY=$key hour "writing over zotero" "$WORK/zotero-clients-data" "$home" "$WORK/seed.json"

unset ZOTERO_URL
hour "writing embedded" "$WORK/hour-data" local
