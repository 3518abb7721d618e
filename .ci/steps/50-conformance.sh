# The official conformance suite against the fixture program, which serves on
# the same edge as production.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh

if ! install_node >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "conformance: the suite could not be installed"
  exit 0
fi
suite=$NODE_HOME/node_modules/@modelcontextprotocol/conformance/dist/index.js

# verdicts BASELINE: reads what the suite printed and prints one row for every
# scored scenario. What the baseline names must fail, and counts as skipped. The
# suite's own way to read a baseline is not used, because it takes a warning for
# a failure, and a server without sessions is warned of that.
verdicts() {
  sed 's/\x1b\[[0-9;]*m//g' | awk -v baseline="$1" '
    BEGIN { while (baseline != "" && (getline line < baseline) > 0) if (sub(/^ *- */, "", line)) known[line] = 1 }
    /^=== SUMMARY ===/ { summary = 1; next }
    /^Not scored/ { tail = 1 }
    summary && !tail && /^(✓|✗) / { sub(":", "", $2); name[++n] = $2; mark[n] = $1 == "✓" ? "pass" : "fail" }
    tail && /^ +(✓|✗) / { unscored[$2] = 1 }
    END {
      for (i = 1; i <= n; i++) {
        if (name[i] in unscored) continue
        if (!(name[i] in known)) print mark[i] "\t" name[i]
        else if (mark[i] == "fail") print "skip\t" name[i] " needs a session, as the baseline says"
        else print "fail\t" name[i] " passes now: take it out of the baseline"
        delete known[name[i]]
      }
      for (k in known) print "fail\t" k " is in the baseline and was not run"
    }'
}

# conform REVISION LEAST [BASELINE]: runs one revision's scenarios. LEAST is how
# many of them are scored, so that a run that ends early can't pass.
conform() {
  local revision=$1 least=$2 baseline=${3-} out=$WORK/conformance-$1
  "$NODE" "$suite" server --url "$SERVER_URL/mcp" --requirements "$revision" -o "$out" >"$out.log" 2>&1
  verdicts "$baseline" <"$out.log" >"$out.rows"
  collect "conformance $revision" <"$out.rows"
  if [ "$(wc -l <"$out.rows")" -lt "$least" ]; then
    tail -n 40 "$out.log"
    fail "conformance $revision: fewer than $least scenarios were scored"
  fi
  if grep -q '^fail' "$out.rows"; then
    grep -rh errorMessage "$out" | sort -u | head -n 40
  fi
}

if start_server "$WORK/conformance-server.log" "$WORK/bin/conformance" -addr ADDR; then
  conform 2026-07-28 37
  conform 2025-11-25 30 .ci/conformance/baseline-2025-11-25.yml
else
  fail "conformance: the fixture did not start"
fi
