# Says what this machine has, and builds the programs that later steps run.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

go version
# pdftotext reads PDF attachments at import; its tests skip without it.
command -v pdftotext >/dev/null || debian poppler-utils || echo "pdftotext is not installed and can't be: tests that need it will skip"

fixtures=$ROOT/../shared/zotero
if [ -d "$fixtures" ]; then
  printf 'export STACKROOM_FIXTURES=%q\n' "$(cd "$fixtures" && pwd)" >>"$WORK/environment"
else
  echo "../shared/zotero is not there: tests over real collections will skip"
fi
csl=$ROOT/../shared/csl
if [ -d "$csl" ]; then
  printf 'export STACKROOM_CSL_FIXTURES=%q\n' "$(cd "$csl" && pwd)" >>"$WORK/environment"
else
  echo "../shared/csl is not there: tests over official styles will skip"
fi

# The largest stripped program, in bytes. PDFium, which finds quotes in PDF files, is
# 11 MB of it (ADR 0018), SQLite, for a Zotero data folder, 4.5 MB (ADR 0016): the rest
# may have 50.5.
readonly LARGEST=66000000

small_enough() {
  local size
  size=$(wc -c <"$WORK/bin/stackroom") || return
  echo "$size bytes, at most $LARGEST"
  [ "$size" -le "$LARGEST" ]
}

# The compiler has much memory here and collects its garbage less often.
check "go build ./..." env GOGC=400 go build ./...
# Storage's own tag leaves out the service mesh, which is nothing to us, as the
# Dockerfile does.
check "build: the stripped program" go build -tags=disable_grpc_modules,grpcnotrace -ldflags='-s -w' -o "$WORK/bin/stackroom" ./cmd/stackroom
check "build: it is at most 66 MB" small_enough
check "build: the conformance fixture" go build -o "$WORK/bin/conformance" ./cmd/conformance
