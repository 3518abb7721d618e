# CSL: the standard test suite, what citeproc-js makes of real works in official
# styles, its speed, and the official styles against the built-in ones.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

if [ -z "${STACKROOM_CSL_FIXTURES-}" ]; then
  skip "csl: ../shared/csl is not there"
  exit 0
fi
go build -o "$WORK/bin/count" ./.ci/count || exit 1
tier "csl: the standard test suite" '^TestSuite$' ./pkg/csl

if [ -z "${STACKROOM_FIXTURES-}" ]; then
  skip "csl: ../shared/zotero is not there, which has the real works"
  exit 0
fi
if ! install_node >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "csl: citeproc-js could not be installed"
  exit 0
fi
citeproc=$NODE_HOME/node_modules/citeproc/citeproc_commonjs.js
styles=$STACKROOM_CSL_FIXTURES/styles
locales=$STACKROOM_CSL_FIXTURES/locales

# CSL_SEED draws other works.
seed=${CSL_SEED:-1}
echo "csl: the works are drawn with CSL_SEED=$seed"
expected() { "$NODE" .ci/csl/expected.mjs "$citeproc" "$styles" "$locales" "$STACKROOM_FIXTURES" "$seed" 200 "$1"; }
# complete: there is a line for the input and one for each style.
complete() { [ "$(wc -l <"$WORK/csl-expected.jsonl")" -eq $((1 + $(find "$styles" -name '*.csl' | wc -l))) ]; }
expected 1 >"$WORK/csl-expected-1.jsonl" &
if expected 0 >"$WORK/csl-expected.jsonl" && wait $! && cat "$WORK/csl-expected-1.jsonl" >>"$WORK/csl-expected.jsonl" && complete; then
  STACKROOM_CSL_EXPECTED=$WORK/csl-expected.jsonl tier "csl: like citeproc-js" '^TestReference$' ./pkg/csl
else
  fail "csl: citeproc-js failed"
fi

if "$NODE" .ci/csl/speed.mjs "$citeproc" "$styles/apa.csl" "$locales" "$STACKROOM_FIXTURES" >"$WORK/csl-speed.json"; then
  STACKROOM_CSL_SPEED=$WORK/csl-speed.json tier "csl: 20 times as fast as citeproc-js" '^TestSpeed$' ./pkg/csl
else
  fail "csl: citeproc-js could not be timed"
fi

if "$NODE" .ci/csl/all.mjs "$STACKROOM_FIXTURES" >"$WORK/csl-works.json"; then
  STACKROOM_CSL_WORKS=$WORK/csl-works.json tier "csl: built-in styles like the official ones" '^TestOfficial$' ./pkg/csl/styles
else
  fail "csl: the real works could not be read"
fi
