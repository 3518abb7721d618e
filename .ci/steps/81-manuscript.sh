# A manuscript of forty citations becomes Word documents in three styles, which
# another program opens.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

if ! install_python >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "manuscript: python-docx could not be installed"
  exit 0
fi
documents=$WORK/manuscript
mkdir -p "$documents/data"
for style in apa ieee chicago-notes; do
  check "manuscript: cite in $style" env STACKROOM_DATA="$documents/data" "$WORK/bin/stackroom" cite pkg/manuscript/testdata/machines.md --style "$style" -o "$documents/$style.docx"
done
"$PYTHON" .ci/manuscript/open.py "$documents" >"$WORK/manuscript.rows" 2>"$WORK/manuscript.log" || {
  tail -n 4 "$WORK/manuscript.log"
  fail "manuscript: the documents can't be opened"
}
collect "manuscript" <"$WORK/manuscript.rows"
