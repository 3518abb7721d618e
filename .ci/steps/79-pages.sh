# Every page for people in Chromium: phone and desktop, light and dark, with scripts
# and without, over the sample library and a work whose text is HTML and scripts.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh
trap stop_server EXIT

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
cp .ci/pages/*.mjs .ci/signin/rows.mjs "$APPS_HOME/"

# fill makes a library of the sample's works with their texts, and of the hostile one.
fill() {
  mkdir -p "$WORK/pages/none" "$WORK/pages/in" "$WORK/pages/data"
  start_server "$WORK/pages-sample.log" env STACKROOM_DATA="$WORK/pages/none" "$WORK/bin/stackroom" serve &&
    "$NODE" "$APPS_HOME/seed.mjs" "$SERVER_URL" "$WORK/pages/in/sample.bib" || return 1
  stop_server
  cp pkg/shelf/sample/texts/* .ci/pages/hostile.json "$WORK/pages/in/"
  STACKROOM_DATA=$WORK/pages/data "$WORK/bin/stackroom" import "$WORK/pages/in"
}

if ! fill >"$WORK/pages.log" 2>&1 || ! start_server "$WORK/pages-server.log" env STACKROOM_DATA="$WORK/pages/data" "$WORK/bin/stackroom" serve; then
  tail -n 20 "$WORK/pages.log"
  fail "pages: there is no server with a library"
  exit 0
fi
ended=0
timeout 400 "$NODE" "$APPS_HOME/browser.mjs" "$SERVER_URL" "${STACKROOM_SCREENSHOTS:-$WORK/screenshots}" "$(command -v chromium)" \
  >"$WORK/pages.rows" 2>"$WORK/pages.log" || ended=$?
collect "pages" <"$WORK/pages.rows"
cat "$WORK/pages.log"
if [ "$ended" -ne 0 ] || [ ! -s "$WORK/pages.rows" ]; then
  fail "pages: the program ended with status $ended"
fi
