# The official Inspector's command line against stackroom serve, in both eras.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

if ! install_node >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "inspector: it could not be installed"
  exit 0
fi
# It keeps what it learns of a server in the user's home unless told otherwise.
export MCP_CATALOG_PATH=$WORK/inspector.json MCP_INSPECTOR_SECRET_STORE=memory
inspector=$NODE_HOME/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js

# inspect ERA EXPECTATION ARGUMENTS...: one call; EXPECTATION is an expression
# over the result r that must hold.
inspect() {
  local era=$1 expectation=$2
  shift 2
  "$NODE" "$inspector" --cli "$SERVER_URL/mcp" --transport http --protocol-era "$era" --format json "$@" \
    >"$WORK/inspector.out" || return
  "$NODE" -e '
    const answer = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const r = answer.result ?? answer;
    if (!('"$expectation"')) { console.log(JSON.stringify(answer).slice(0, 4000)); process.exit(1); }
  ' "$WORK/inspector.out"
}

mkdir -p "$WORK/inspector-data"
if ! STACKROOM_DATA=$WORK/inspector-data start_server "$WORK/inspector-server.log" "$WORK/bin/stackroom" serve; then
  fail "inspector: stackroom serve did not start"
  exit 0
fi
for era in legacy modern; do
  check "inspector $era: tools/list --strict" inspect $era 'r.tools.length >= 8' --method tools/list --strict
  check "inspector $era: tools/call search" inspect $era '!r.isError && r.structuredContent.results.length > 0' \
    --method tools/call --tool-name search --tool-arg query=evolution
  check "inspector $era: resources/list" inspect $era 'Array.isArray(r.resources)' --method resources/list
  check "inspector $era: prompts/list" inspect $era 'r.prompts.length >= 5' --method prompts/list
done
