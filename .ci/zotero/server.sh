# The pinned zotero-selfhost-server on loopback. Sourced by steps, after
# install.sh and serve.sh; as a program it starts and stops the server for a
# test, which gets its path and ZOTERO_HOME, ZOTERO_NODE, ZOTERO_APP and
# ZOTERO_PORT from the step:
#
#   bash .ci/zotero/server.sh start|stop

# install_zotero sets ZOTERO_NODE and ZOTERO_APP, the folder whose node_modules
# holds the server.
install_zotero() {
  install_node || return
  ZOTERO_NODE=$NODE
  ZOTERO_APP=$(cache_folder zotero .ci/zotero/package.json .ci/zotero/package-lock.json)
  [ -f "$ZOTERO_APP/installed" ] && return 0
  rm -rf "$ZOTERO_APP"
  mkdir -p "$ZOTERO_APP"
  cp .ci/zotero/package.json .ci/zotero/package-lock.json "$ZOTERO_APP/"
  (cd "$ZOTERO_APP" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return 1
  touch "$ZOTERO_APP/installed"
}

# prepare_zotero HOME: makes an empty database in HOME, where the server will
# keep everything, chooses its secrets and a port.
prepare_zotero() {
  ZOTERO_HOME=$1
  ZOTERO_PORT=$(free_port)
  mkdir -p "$ZOTERO_HOME"
  COMPATIBILITY_TEST_ADMIN_TOKEN=$(zotero_secret 32)
  COMPATIBILITY_TEST_API_KEY=$(zotero_secret 24)
  FILE_URL_SIGNING_SECRET=$(zotero_secret 32)
  export ZOTERO_NODE ZOTERO_APP ZOTERO_HOME ZOTERO_PORT COMPATIBILITY_TEST_ADMIN_TOKEN COMPATIBILITY_TEST_API_KEY FILE_URL_SIGNING_SECRET
  wrangler d1 migrations apply DB >"$ZOTERO_HOME/migrate.log" 2>&1 || { tail -n 20 "$ZOTERO_HOME/migrate.log"; return 1; }
}

# zotero_secret N: N random letters and digits.
zotero_secret() { LC_ALL=C tr -dc 'a-zA-Z0-9' </dev/urandom | head -c "$1"; }

# wrangler ARGUMENTS...: Cloudflare's local runtime on the server's own
# configuration for tests.
wrangler() (
  cd "$ZOTERO_APP/node_modules/zotero-selfhost-server" || exit
  env PATH="$(dirname "$ZOTERO_NODE"):$PATH" CI=1 WRANGLER_SEND_METRICS=false \
    "$ZOTERO_NODE" "$ZOTERO_APP/node_modules/wrangler/bin/wrangler.js" "$@" --local --config wrangler.compatibility.jsonc --persist-to "$ZOTERO_HOME/state"
)

# start_zotero starts the server and waits until it answers. Its process group
# is its own, so that stop_zotero ends the runtime that it starts too.
start_zotero() {
  set -m
  wrangler dev --ip 127.0.0.1 --port "$ZOTERO_PORT" --inspector-port 0 --show-interactive-dev-session=false >>"$ZOTERO_HOME/server.log" 2>&1 </dev/null &
  echo $! >"$ZOTERO_HOME/pid"
  set +m
  local i
  for ((i = 0; i < 300; i++)); do
    curl -fsS -m 2 -o /dev/null "http://127.0.0.1:$ZOTERO_PORT/itemTypes" 2>/dev/null && return 0
    sleep 0.2
  done
  tail -n 20 "$ZOTERO_HOME/server.log"
  return 1
}

# stop_zotero ends the process group that start_zotero started, and waits until
# its port is closed.
stop_zotero() {
  local pid i
  pid=$(cat "$ZOTERO_HOME/pid" 2>/dev/null) || return 0
  rm -f "$ZOTERO_HOME/pid"
  kill -- "-$pid" 2>/dev/null
  for ((i = 0; i < 100; i++)); do
    kill -0 -- "-$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 -- "-$pid" 2>/dev/null
  for ((i = 0; i < 100; i++)); do
    kill -0 -- "-$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case ${1-} in
  start) start_zotero ;;
  stop) stop_zotero ;;
  *)
    echo "usage: server.sh start|stop"
    exit 2
    ;;
  esac
fi
