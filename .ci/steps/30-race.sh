# The same tests again, with the race detector, which needs cgo and a C compiler.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh

if ! command -v gcc >/dev/null && ! debian gcc; then
  skip "go test -race: no C compiler"
  exit 0
fi
go build -o "$WORK/bin/count" ./.ci/count || exit 1

# concurrent lists the packages in which something runs at the same time, in the code or
# in a test. The others have no race to find, and are covered where they are called.
concurrent() {
  go list -f '{{.Dir}}' ./... | while read -r dir; do
    ! grep -qsE '\bgo func|\bgo \w+(\.\w+)*\(|\.Go\(|Parallel\(|"sync|AfterFunc|synctest|"net/http|"os/exec' "$dir"/*.go || echo "$dir"
  done
}

# Each test is counted by 10-go-test; here only those that fail are named. With -short
# tests repeat less, and those of one goroutine that compute much are left out. With
# CI_FULL=1 all packages run whole.
short=-short
# SQLite, and the compiler that PDFium needs, are not watched: they take most of the time
# of their tests. A package can be left out if no two goroutines share its memory, and if
# it has no copy of a generic function that locks: the linker takes one copy for all.
flags=()
for unwatched in modernc.org/sqlite/lib modernc.org/memory github.com/tetratelabs/wazero/internal/engine/wazevo/backend/...; do
  flags+=(-gcflags="$unwatched=-dwarf=false -race=false")
done
mapfile -t packages < <(concurrent)
if [ -n "${CI_FULL-}" ]; then
  short=-short=false flags=()
  packages=(./...)
fi
rows=$WORK/race
: >"$rows"
# Compiled first, by a compiler that collects its garbage less often than tests may.
CGO_ENABLED=1 GOGC=400 go list -race "${flags[@]}" -test -export "${packages[@]}" >/dev/null
CGO_ENABLED=1 go test -race "${flags[@]}" "$short" -timeout 25m -json "${packages[@]}" | "$WORK/bin/count" "$rows"
if ! grep -q "^pass" "$rows"; then
  fail "go test -race: no test passed"
elif grep -q "^fail" "$rows"; then
  while IFS=$'\t' read -r _ name; do fail "race: $name"; done < <(grep "^fail" "$rows")
else
  pass "go test -race"
fi
