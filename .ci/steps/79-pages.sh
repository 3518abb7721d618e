# Every page for people in Chromium: phone and desktop, light and dark, with scripts
# and without, over the sample library and a work whose text is HTML and scripts. Then
# the pages of a server with sign-in, as a member and as an admin would use them.
# STACKROOM_SCREENSHOTS and STACKROOM_PICTURES name folders for screenshots of every
# page and for the pictures of docs/pages.md.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh
STAND_PID=''
trap 'stop_server; [ -z "$STAND_PID" ] || { kill "$STAND_PID" && wait "$STAND_PID"; }' EXIT

unnamed() { for file in docs/pictures/*; do grep -qrF "(${file#docs/})" docs/*.md || echo "$file"; done; }
check "pictures: each is under 60 kB" test -z "$(find docs/pictures -type f -size +60000c)"
check "pictures: each is on a page of the docs" test -z "$(unnamed)"

if ! { install_node && install_apps; } >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "pages: what drives the browser could not be installed"
  exit 0
fi
if ! { command -v chromium >/dev/null || debian chromium; }; then
  skip "pages: Chromium could not be installed"
  exit 0
fi
# A module finds its packages from where it lies.
cp .ci/pages/*.mjs .ci/signin/rows.mjs .ci/signin/person.mjs "$APPS_HOME/"

# fill makes a library of the sample's works with their texts, and of the hostile one.
fill() {
  mkdir -p "$WORK/pages/none" "$WORK/pages/in" "$WORK/pages/data" "$WORK/pages/team/data"
  start_server "$WORK/pages-sample.log" env STACKROOM_DATA="$WORK/pages/none" "$WORK/bin/stackroom" serve &&
    "$NODE" "$APPS_HOME/seed.mjs" "$SERVER_URL" "$WORK/pages/in/sample.bib" || return 1
  stop_server
  cp pkg/shelf/sample/texts/* "$WORK/pages/in/"
  STACKROOM_DATA=$WORK/pages/team/data "$WORK/bin/stackroom" import "$WORK/pages/in" || return 1
  cp .ci/pages/hostile.json "$WORK/pages/in/"
  STACKROOM_DATA=$WORK/pages/data "$WORK/bin/stackroom" import "$WORK/pages/in"
}

# drive NAME PROGRAM ARGUMENTS...: runs a program that prints rows, at least one.
drive() {
  local name=$1 program=$2 ended=0
  shift 2
  timeout 400 "$NODE" "$APPS_HOME/$program" "$@" >"$WORK/pages.rows" 2>"$WORK/pages.log" || ended=$?
  collect "$name" <"$WORK/pages.rows"
  cat "$WORK/pages.log"
  if [ "$ended" -ne 0 ] || [ ! -s "$WORK/pages.rows" ]; then
    fail "$name: the program ended with status $ended"
  fi
}

if ! fill >"$WORK/pages.log" 2>&1 || ! start_server "$WORK/pages-server.log" env STACKROOM_DATA="$WORK/pages/data" "$WORK/bin/stackroom" serve; then
  tail -n 20 "$WORK/pages.log"
  fail "pages: there is no server with a library"
  exit 0
fi
drive pages browser.mjs "$SERVER_URL" "$(command -v chromium)" "${STACKROOM_SCREENSHOTS:-}"
stop_server

# Files are added to works at a stand-in for Zotero.
go build -o "$WORK/bin/pages-stand" ./.ci/pages/stand || exit 1
: >"$WORK/pages/zotero.json"
"$WORK/bin/pages-stand" >"$WORK/pages/zotero.json" </dev/null &
STAND_PID=$!
place() { "$NODE" -p 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' "$WORK/pages/zotero.json" "$1"; }
mkdir -p "$WORK/pages/zotero"
if ! await "$WORK/pages/zotero.json" "$STAND_PID" ||
  ! start_server "$WORK/pages-server.log" env STACKROOM_DATA="$WORK/pages/zotero" ZOTERO_URL="$(place url)" ZOTERO_API_KEY="$(place key)" "$WORK/bin/stackroom" serve; then
  tail -n 20 "$WORK/pages-server.log"
  fail "files: there is no server with a library at Zotero"
  exit 0
fi
{ printf '%%PDF-'; head -c 60000000 /dev/zero; } >"$WORK/pages/large.pdf"
drive files upload.mjs "$SERVER_URL" "$(command -v chromium)" "$(place work)" "$WORK/pages/large.pdf" "${STACKROOM_SCREENSHOTS:-}"
rm "$WORK/pages/large.pdf"
stop_server
kill "$STAND_PID" && wait "$STAND_PID"

# The deployment with sign-in: a stand-in for Zotero, two processes, one address.
go build -o "$WORK/bin/stand" ./.ci/signin/stand || exit 1
TEAM=$WORK/pages/team
: >"$TEAM/place.json"
STACKROOM_ADMINS=zotero:1001 STACKROOM_WRITES=all STACKROOM_LOCAL_LIBRARY=members \
  "$WORK/bin/stand" -program "$WORK/bin/stackroom" -folder "$TEAM" -works 0 >"$TEAM/place.json" 2>"$WORK/stand.log" </dev/null &
STAND_PID=$!
if ! await "$TEAM/place.json" "$STAND_PID"; then
  tail -n 40 "$WORK/stand.log" "$TEAM"/*.log
  fail "pages of members: the deployment did not start"
  exit 0
fi
NODE_EXTRA_CA_CERTS=$TEAM/ca.pem \
  drive "pages of members" members.mjs "$TEAM/place.json" "$(command -v chromium)" "${STACKROOM_SCREENSHOTS:-}" "${STACKROOM_PICTURES:-}"
if [ -n "${STACKROOM_PICTURES:-}" ]; then
  if command -v pngquant >/dev/null || debian pngquant; then
    pngquant --force --ext .png --speed 1 32 "$STACKROOM_PICTURES"/walk-*.png
  else
    skip "pages: pngquant could not be installed, so the pictures are large"
  fi
fi
