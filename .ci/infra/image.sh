#!/usr/bin/env bash
# Builds the real Dockerfile with buildah, twice, and runs what came of it
# under runc as the deployment does: read-only, without rights, as user 65532.
# Prints rows "pass|fail|skip<TAB>name".
#
#   image.sh SOURCE BASES WORK
#
# BASES is the folder that base-images.sh has filled.
set -uo pipefail
source=${1:?the source} bases=${2:?the base images} work=${3:?a folder to work in}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../serve.sh"
. "$here/containers.sh" "$bases"

# The program and the base image. PDFium and the runtime that it needs are 11 MB
# of the program, and 4 MB of it compressed.
readonly LARGEST=$((69 * 1000 * 1000)) LARGEST_COMPRESSED=$((26 * 1000 * 1000))
readonly SLOWEST_MS=500 MOST_IDLE_KB=$((64 * 1024))

row() { printf '%s\t%s\n' "$1" "$2"; }
verdict() {
  local name=$1
  shift
  if "$@"; then row pass "$name"; else row fail "$name"; fi
}

# inside FILTER: a question to the image's configuration.
inside() { jq -e "$1" "$work/config.json" >/dev/null; }

for try in one two; do
  if ! build_image "$source" "localhost/stackroom:$try" "$work/oci-$try" >"$work/build-$try.log" 2>&1; then
    tail -n 30 "$work/build-$try.log" | cut -c1-300 >&2
    row fail "the Dockerfile builds"
    exit 0
  fi
done
row pass "the Dockerfile builds"
one=$(digest_of "$work/oci-one") two=$(digest_of "$work/oci-two")
verdict "built twice it is the same image ($one)" [ "$one" = "$two" ]

skopeo inspect --config "oci:$work/oci-one" >"$work/config.json"
verdict "it runs as user 65532" inside '.config.User | startswith("65532")'
verdict "it starts the program and no shell" inside '.config.Entrypoint == ["/usr/local/bin/stackroom"] and .config.Cmd == ["serve"]'
verdict "it says what it is, and the registry's name of the server" inside '.config.Labels | .["org.opencontainers.image.version"] == "1.2.3" and .["org.opencontainers.image.revision"] == "0123abc" and .["org.opencontainers.image.source"] != null and .["org.opencontainers.image.licenses"] == "Apache-2.0" and .["io.modelcontextprotocol.server.name"] != null'
verdict "nothing in its environment looks like a secret" inside '[.config.Env[] | select(test("KEY|SECRET|TOKEN|PASSWORD"; "i"))] == []'
verdict "it knows how to say that it is well" healthcheck_of localhost/stackroom:one

unpack "$work/oci-one" "$work/rootfs"
verdict "there is no shell and no package manager in it" without_shell "$work/rootfs"
size=$(du -sb --apparent-size "$work/rootfs" | cut -f1)
verdict "unpacked it is at most 69 MB ($((size / 1000 / 1000)) MB)" [ "$size" -le "$LARGEST" ]
compressed=$(find "$work/oci-one/blobs" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')
verdict "compressed it is at most 26 MB ($((compressed / 1000 / 1000)) MB)" [ "$compressed" -le "$LARGEST_COMPRESSED" ]

if ! can_run; then
  row skip "container: runc can't run here"
  exit 0
fi
verdict "the program tells the version and commit that were stamped" prints 'stackroom 1.2.3 0123abc' "$work/rootfs" version

port=$(free_port)
measure "$work/rootfs" "$port" "$SLOWEST_MS"
verdict "it answers a search, read-only and without rights" [ "$ANSWERED" = yes ]
verdict "from start to the first answer it takes under $SLOWEST_MS ms ($TOOK_MS ms)" [ "$TOOK_MS" -lt "$SLOWEST_MS" ]
verdict "idle it takes under 64 MB ($((IDLE_KB / 1024)) MB)" [ "$IDLE_KB" -lt "$MOST_IDLE_KB" ]
verdict "its own healthcheck is content" [ "$HEALTHY" = yes ]
verdict "it runs as user 65532 without a capability" [ "$RIGHTS" = "65532 0000000000000000" ]
verdict "the smoke test of the pipeline is content" [ "$SMOKED" = yes ]
verdict "it stops within ten seconds when it is told to" [ "$STOPPED" = yes ]
