# Counting, for .ci/run and its steps: every check says pass, fail or skip once in
# the file RESULTS, and the totals are counted from what was said.

pass() { printf 'pass\t%s\n' "$1" >>"$RESULTS"; printf 'ok    %s\n' "$1"; }
fail() { printf 'fail\t%s\n' "$1" >>"$RESULTS"; printf 'FAIL  %s\n' "$1"; }
skip() { printf 'skip\t%s\n' "$1" >>"$RESULTS"; printf 'skip  %s\n' "$1"; }

# check NAME COMMAND...: one check that passes if the command does. What the
# command says is shown only if it fails.
check() {
  local name=$1
  shift
  if "$@" >"$WORK/check.log" 2>&1; then
    pass "$name"
  else
    sed 's/^/      /' "$WORK/check.log" | tail -n 200
    fail "$name"
  fi
}

# collect PREFIX: reads rows "pass|fail|skip<TAB>name" from standard input. Only
# what did not pass is shown by name.
collect() {
  local prefix=$1 outcome name passed=0
  while IFS=$'\t' read -r outcome name; do
    case $outcome in
    pass)
      printf 'pass\t%s: %s\n' "$prefix" "$name" >>"$RESULTS"
      passed=$((passed + 1))
      ;;
    fail | skip) "$outcome" "$prefix: $name" ;;
    esac
  done
  printf 'ok    %s: %d checks\n' "$prefix" "$passed"
}

# tier NAME PATTERN PACKAGE: runs the tests of a package that match, which need
# what the caller has set up. None that was renamed, and none that is skipped all
# the same, drops out without a word.
tier() {
  local rows passed skipped
  rows=$WORK/tier
  : >"$rows"
  go test -count=1 -timeout=20m -json -run "$2" "$3" | "$WORK/bin/count" "$rows"
  cat "$rows" >>"$RESULTS"
  passed=$(grep -c "^pass.*[.]Test" "$rows")
  skipped=$(grep -c "^skip.*[.]Test" "$rows")
  if [ "$passed" -gt 0 ] && [ "$skipped" -eq 0 ]; then
    printf 'ok    %s: %d tests\n' "$1" "$passed"
  else
    fail "$1: of the tests that match $2, $passed passed and $skipped were skipped"
  fi
}

# unlisted_skips prints the skips that no line of .ci/skips.txt matches. A check
# that is not expected to skip has been lost.
unlisted_skips() {
  local patterns=$WORK/skips
  sed -E '/^(#|$)/d' .ci/skips.txt >"$patterns"
  sed -n 's/^skip\t//p' "$RESULTS" | grep -vE -f "$patterns"
}

# print_totals prints what failed and was skipped, then the closing line, and
# returns an error if anything failed or nothing ran.
print_totals() {
  local name
  touch "$RESULTS"
  while read -r name; do
    printf 'fail\tit was skipped, and .ci/skips.txt does not list it: %s\n' "$name" >>"$RESULTS"
  done < <(unlisted_skips)
  sed -n 's/^fail\t/FAIL  /p' "$RESULTS"
  sed -n 's/^skip\t/skip  /p' "$RESULTS"
  awk -F '\t' '
    { n[$1]++ }
    END {
      printf "%d passed, %d failed, %d skipped\n", n["pass"], n["fail"], n["skip"]
      exit (n["fail"] > 0 || n["pass"] == 0)
    }' "$RESULTS"
}
