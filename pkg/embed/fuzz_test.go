package embed

import "testing"

func FuzzResponse(f *testing.F) {
	f.Add([]byte(`{"data":[{"index":0,"embedding":[1,2]}]}`), 1)
	f.Add([]byte(`{"predictions":[{"embeddings":{"values":[1,2]}}]}`), 1)
	f.Add([]byte(`{"data":[{"index":1e9,"embedding":[1e39]}]}`), 2)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		n = max(0, min(n, maxBatch))
		for _, p := range []protocol{openAI{}, vertexAI{}} {
			vectors, err := p.response(body, n)
			if err == nil && len(vectors) != n {
				t.Errorf("%d vectors for %d texts", len(vectors), n)
			}
		}
	})
}
