# The language of code, scripts and documents: .ci/words.
set -uo pipefail
. .ci/report.sh

check "the words of .ci/words/words.txt and nouns.txt do not occur" go run ./.ci/words
