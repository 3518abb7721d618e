# The search by meaning over a real embedding service with real weights: questions in
# German, French and Spanish for English works, and back.
set -uo pipefail
. .ci/report.sh
. .ci/install.sh
. .ci/serve.sh
. .ci/embeddings/service.sh

if ! install_embedder >"$WORK/install.log" 2>&1; then
  tail -n 4 "$WORK/install.log"
  skip "embeddings: the embedding service could not be installed"
  exit 0
fi
check "embeddings: bytes of a work in memory and at rest" go test -count=1 -run 'BytesOfAWork|BytesAtRest' ./pkg/shelf ./pkg/shelf/internal/vector
check "embeddings: the program that measures is built" go build -o "$WORK/bin/embeddingsbench" ./.ci/embeddings
if ! start_embedder "$WORK/embedder.log"; then
  tail -n 4 "$WORK/embedder.log"
  fail "embeddings: the embedding service did not start"
  exit 0
fi
timeout 600 "$WORK/bin/embeddingsbench" -stackroom "$WORK/bin/stackroom" -service "$EMBEDDER_URL" >"$WORK/embeddings.rows" 2>"$WORK/embeddings.log" || {
  tail -n 4 "$WORK/embeddings.log"
  fail "embeddings: the program that measures did not end well"
}
sed -n 's/^note\t/      /p' "$WORK/embeddings.rows"
sed -n 's/^pass\t/      /p' "$WORK/embeddings.rows"
grep -v '^note' "$WORK/embeddings.rows" | collect "embeddings"
