# What a writer relies on: exports of every bibliography among the fixtures, set
# with pdflatex and bibtex in three styles, and read by biber, without an error,
# a repeated entry or a date that biber doesn't know.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

if [ -z "${STACKROOM_FIXTURES-}" ]; then
  skip "export: compiled (the fixtures are not at hand)"
  exit 0
fi

# install_tex installs TeX, bibtex and biber from Debian, where they are not.
install_tex() {
  local package
  command -v pdflatex >/dev/null && command -v bibtex >/dev/null && command -v biber >/dev/null && kpsewhich biblatex.sty >/dev/null && return 0
  for package in texlive-latex-base texlive-latex-recommended texlive-fonts-recommended texlive-bibtex-extra biber; do
    debian "$package" || { echo "$package could not be installed"; return 1; }
  done
}

go build -o "$WORK/bin/count" ./.ci/count || exit 1
if install_tex >"$WORK/install.log" 2>&1; then
  STACKROOM_TEST_TEX=1 tier "export: compiled" '^TestExportsCompile' ./pkg/biblio
  STACKROOM_TEST_TEX=1 tier "export: a year of edits, compiled" '^TestYearOfABibTeXUser$' ./cmd/stackroom
else
  tail -n 4 "$WORK/install.log"
  skip "export: TeX could not be installed, and nothing was compiled"
fi
