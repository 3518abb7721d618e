# shellcheck shell=bash
# Checks of what a release offers to install. Sourced by step 88 after it has made
# $WORK/dist, a release 1.2.3 for this system.

# archived runs the program out of the release's archive.
archived() {
  mkdir -p "$WORK/archive" && tar -xzf "$WORK"/dist/stackroom-1.2.3-*.tar.gz -C "$WORK/archive" &&
    bash -c '"$1"/*/stackroom version' - "$WORK/archive" | grep -F 1.2.3
}

npm_packages() { bash infra/scripts/npm 1.2.3 "$WORK/dist" "$WORK/npm"; }

# npm_installed installs the launcher and this system's package into an empty
# project, from files alone.
npm_installed() {
  local project=$WORK/npm-project
  mkdir "$project" && (
    cd "$project" || exit 1
    for package in "$WORK"/npm/*/; do npm pack --silent "$package" || exit 1; done
    npm init --yes >/dev/null && npm install --offline --no-audit --no-fund ./*.tgz
  )
}

# launched starts the program as npx does.
launched() { (cd "$WORK/npm-project" && npx --no -- stackroom version) | grep -F 1.2.3; }

# launched_stdio asks over standard input, through the launcher.
launched_stdio() {
  mkdir -p "$WORK/npm-data"
  (cd "$WORK/npm-project" && printf '%s\n' '{"jsonrpc":"2.0","id":7,"method":"ping"}' | STACKROOM_DATA=$WORK/npm-data npx --no -- stackroom stdio) | grep -F '"id":7'
}

# launched_without says what to do where npm left the program out.
launched_without() {
  rm -rf "$WORK/npm-project/node_modules/@stackroom-mcp"
  ! (cd "$WORK/npm-project" && npx --no -- stackroom version) 2>"$WORK/npm.log" && grep -F "releases" "$WORK/npm.log"
}

formula_parses() { ruby -c "$WORK/dist/stackroom.rb"; }
formula_digests() {
  grep -q sha256 "$WORK/dist/stackroom.rb" || return
  grep -oE '[0-9a-f]{64}' "$WORK/dist/stackroom.rb" | while read -r digest; do grep -q "^$digest .*tar.gz" "$WORK/dist/SHA256SUMS" || exit 1; done
}

check "release: the archive's program starts" archived
check "release: the formula names the archives' digests" formula_digests
if command -v ruby >/dev/null || debian ruby; then
  check "release: the formula is Ruby" formula_parses
else
  skip "release: the formula is Ruby: ruby is not installed and can't be"
fi
if command -v npm >/dev/null; then
  check "release: npm packages" npm_packages
  check "release: npm installs them" npm_installed
  check "release: npx starts the program" launched
  check "release: npx serves stdio" launched_stdio
  check "release: the launcher says what is missing" launched_without
else
  skip "release: npm is not installed"
fi
