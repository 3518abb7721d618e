# The language of code, scripts and documents: .ci/words, and the length of documents and
# of Go files.
set -uo pipefail
. .ci/report.sh

check "the words of .ci/words/words.txt and nouns.txt do not occur" go run ./.ci/words

# short_enough: README has at most 1,200 words, a page 1,500.
short_enough() {
  local page words long=0
  for page in README.md docs/*.md; do
    words=$(wc -w <"$page")
    case $page in
    README.md) [ "$words" -le 1200 ] ;;
    *) [ "$words" -le 1500 ] ;;
    esac || { echo "$page has $words words" && long=1; }
  done
  return "$long"
}
check "README has at most 1,200 words, and each page 1,500" short_enough

# short_files prints the Go files of more than 500 lines, and fails if there are any.
short_files() { ! find . -name '*.go' -exec wc -l {} + | awk '$2 != "total" && $1 > 500' | grep .; }
check "no Go file has more than 500 lines" short_files
