# The desktop bundle by the tool of those who made the format: checked, unpacked,
# packed again, and its program started by the manifest's own command line. And
# server.json by the MCP registry's JSON schema.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

# The module that has the schema; nothing of it is built.
readonly REGISTRY=github.com/modelcontextprotocol/registry@v1.8.7 SCHEMA=internal/validators/schemas/2025-12-11.json
program=$WORK/bin/stackroom
folder=$WORK/bundles

# install_mcpb sets MCPB_HOME, the folder of the pinned tool.
install_mcpb() {
  local home
  home=$(cache_folder mcpb .ci/bundle/package.json .ci/bundle/package-lock.json)
  if [ ! -f "$home/installed" ]; then
    rm -rf "$home"
    mkdir -p "$home"
    cp .ci/bundle/package.json .ci/bundle/package-lock.json "$home/"
    (cd "$home" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return 1
    touch "$home/installed"
  fi
  MCPB_HOME=$home/node_modules/@anthropic-ai/mcpb/dist
}

bundle() { "$program" bundle --release 1.2.3 "$@"; }

# reproducible makes the bundle again, elsewhere.
reproducible() {
  cp "$program" "$WORK/again" && bundle --binary "$WORK/again" --out "$WORK/bundles-again" && diff -r "$folder" "$WORK/bundles-again"
}

sums() { (cd "$folder" && sha256sum --check --strict ./*.sha256); }

# foreign asks for a bundle for another system than the program's.
foreign() { ! bundle --os plan9 --out "$WORK/bundles-foreign" && [ ! -e "$WORK/bundles-foreign" ]; }

check "bundle: the program bundles itself" bundle --out "$folder"
check "bundle: the same program gives the same bytes" reproducible
check "bundle: its SHA-256 is beside it" sums
check "bundle: a program for another system is refused" foreign
check "bundle: server.json lists it" bundle --out "$folder" --server-json "$WORK/server.json"

if ! { install_node && install_mcpb; } >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "bundle: the format's tool could not be installed"
  exit 0
fi

mcpb() { "$NODE" "$MCPB_HOME/cli/cli.js" "$@"; }

# repacked packs what was unpacked and unpacks that: nothing may be lost.
repacked() {
  mcpb pack "$WORK/unpacked" "$WORK/repacked.mcpb" && mcpb unpack "$WORK/repacked.mcpb" "$WORK/unpacked-again" &&
    diff -r "$WORK/unpacked" "$WORK/unpacked-again"
}

# spoilt has the tool look at a manifest that is wrong, so that its yes means
# something.
spoilt() {
  cp -r "$WORK/unpacked" "$WORK/spoilt" && sed -i 's/"type": "binary"/"type": "wasm"/' "$WORK/spoilt/manifest.json" && ! mcpb validate "$WORK/spoilt"
}

check "bundle: mcpb unpack" mcpb unpack "$folder"/*.mcpb "$WORK/unpacked"
check "bundle: mcpb validate" mcpb validate "$WORK/unpacked"
check "bundle: mcpb validate refuses a wrong manifest" spoilt
check "bundle: mcpb pack loses nothing" repacked

# A module finds its packages from where it lies.
cp .ci/bundle/*.mjs "$NODE_HOME/"
mkdir -p "$WORK/bundle-data"
if STACKROOM_DATA=$WORK/bundle-data "$NODE" "$NODE_HOME/start.mjs" "$WORK/unpacked" "$MCPB_HOME/shared/config.js" >"$WORK/bundle.rows" 2>"$WORK/bundle.log"; then
  collect "bundle started by its manifest" <"$WORK/bundle.rows"
else
  collect "bundle started by its manifest" <"$WORK/bundle.rows"
  tail -n 40 "$WORK/bundle.log"
  fail "bundle: the client program did not end well"
fi

# Beside the repository, so that the module is not looked for in its go.mod.
if registry=$(cd "$WORK" && go mod download -json "$REGISTRY" 2>"$WORK/install.log" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p') && [ -n "$registry" ]; then
  check "server.json: the registry's schema" "$NODE" "$NODE_HOME/describe.mjs" "$registry/$SCHEMA" server.json "$WORK/server.json"
else
  tail -n 4 "$WORK/install.log"
  skip "server.json: the registry's schema could not be downloaded"
fi
