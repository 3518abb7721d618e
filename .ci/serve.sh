# Starting one server on a free loopback port, and ending it by its process ID; waiting
# for other programs.

SERVER_PID=
trap stop_server EXIT

# start_server LOG COMMAND...: runs the command with the address in place of
# ADDR, waits until /ready answers, and sets SERVER_URL. Tries another port if
# another program took the first one.
start_server() {
  local log=$1 try addr
  shift
  for try in 1 2 3; do
    addr=127.0.0.1:$(free_port)
    SERVER_URL=http://$addr
    # The programs that try a server call more often than an assistant may.
    # No step asks public registries.
    RATE_LIMIT_MAX=${RATE_LIMIT_MAX-0} STACKROOM_RESOLVERS=${STACKROOM_RESOLVERS-none} STACKROOM_ADDR=$addr "${@//ADDR/$addr}" >"$log" 2>&1 </dev/null &
    SERVER_PID=$!
    wait_ready && return 0
    stop_server
  done
  echo "the server did not get ready; its log:"
  tail -n 50 "$log"
  return 1
}

# free_port prints a port on which no program listens.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# wait_ready waits up to 30 seconds for the server to say that it is ready.
wait_ready() {
  local i
  for ((i = 0; i < 300; i++)); do
    kill -0 "$SERVER_PID" 2>/dev/null || return 1
    curl -fsS -m 2 -o /dev/null "$SERVER_URL/ready" 2>/dev/null && return 0
    sleep 0.1
  done
  return 1
}

# stop_server asks the server to end, waits up to 15 seconds, then insists.
stop_server() {
  [ -n "$SERVER_PID" ] || return 0
  local pid=$SERVER_PID i
  SERVER_PID=
  kill "$pid" 2>/dev/null || return 0
  for ((i = 0; i < 150; i++)); do
    kill -0 "$pid" 2>/dev/null || { wait "$pid" 2>/dev/null; return 0; }
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
}

# await FILE PID: waits until a program has written a whole line to a file.
await() {
  local i
  for ((i = 0; i < 300; i++)); do
    [ "$(wc -l <"$1" 2>/dev/null)" -ge 1 ] 2>/dev/null && return 0
    kill -0 "$2" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
