# The official TypeScript and Python clients call every tool, over HTTP and over
# stdio, and check each answer against the tool's own output schema.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

# The tools that read: step 95 calls those that write.
export STACKROOM_WRITES=none
mkdir -p "$WORK/clients-data"
if ! STACKROOM_DATA=$WORK/clients-data start_server "$WORK/clients-server.log" "$WORK/bin/stackroom" serve; then
  fail "clients: stackroom serve did not start"
  exit 0
fi
# The stdio server is a second process, so it keeps its library elsewhere.
export STACKROOM_DATA=$WORK/clients-stdio-data
mkdir -p "$STACKROOM_DATA"

# drive NAME COMMAND...: runs a client program and counts its rows; its own
# status tells whether it got to its end.
drive() {
  local name=$1
  shift
  if "$@" "$SERVER_URL/mcp" "$WORK/bin/stackroom" .ci/clients/calls.json >"$WORK/$name.rows" 2>"$WORK/$name.log"; then
    collect "$name" <"$WORK/$name.rows"
  else
    collect "$name" <"$WORK/$name.rows"
    tail -n 40 "$WORK/$name.log"
    fail "$name: the client program did not end well"
  fi
}

if install_node >"$WORK/install.log" 2>&1; then
  # A module finds its packages from where it lies.
  cp .ci/clients/ts/*.mjs "$NODE_HOME/"
  drive "typescript client" "$NODE" "$NODE_HOME/main.mjs"
else
  tail -n 4 "$WORK/install.log"
  skip "typescript client: it could not be installed"
fi

if install_python >"$WORK/install.log" 2>&1; then
  drive "python client" "$PYTHON" -B .ci/clients/python/main.py
else
  tail -n 4 "$WORK/install.log"
  skip "python client: it could not be installed"
fi
