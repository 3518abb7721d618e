package config_test

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/config"
)

func TestEmbeddings(t *testing.T) {
	good := []string{"STACKROOM_EMBED_LIBRARIES=local,group:4711", "STACKROOM_EMBED_URL=https://api.example.org/v1", "STACKROOM_EMBED_MODEL=m"}
	c, err := config.Load(append(good, "STACKROOM_EMBED_PREFIX=passage: "))
	if err != nil || !c.Embeds() || c.VertexRegion() != "" || c.EmbeddingsPrefix != "passage: " || len(c.EmbeddingsLibraries) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := config.Load(good[1:]); err != nil || c.Embeds() {
		t.Errorf("without libraries: %v", err)
	}
	vertex := []string{"STACKROOM_EMBED_LIBRARIES=all", "STACKROOM_EMBED_URL=vertex:europe-west1", "STACKROOM_EMBED_MODEL=text-embedding-005"}
	if c, err := config.Load(append(vertex, "GOOGLE_CLOUD_PROJECT=p-1")); err != nil || c.VertexRegion() != "europe-west1" {
		t.Errorf("Vertex AI: %v", err)
	}
	for _, tc := range []struct {
		environ []string
		want    string
	}{
		{vertex, "GOOGLE_CLOUD_PROJECT"}, {good[:1], "STACKROOM_EMBED_URL"}, {good[:2], "STACKROOM_EMBED_MODEL"},
		{append(good, "STACKROOM_EMBED_LIBRARIES=all,local"), "STACKROOM_EMBED_LIBRARIES"},
		{append(good, "STACKROOM_EMBED_LIBRARIES=mine"), "STACKROOM_EMBED_LIBRARIES"},
		{append(good, "STACKROOM_EMBED_URL=http://example.org"), "STACKROOM_EMBED_URL"},
		{append(good, "STACKROOM_EMBED_URL=vertex:"), "STACKROOM_EMBED_URL"},
		{append(good, "STACKROOM_EMBED_URL=vertex:a/b"), "STACKROOM_EMBED_URL"},
		{append(good, "STACKROOM_EMBED_PREFIX="+strings.Repeat("é", 201)), "STACKROOM_EMBED_PREFIX"},
		{append(good, "STACKROOM_EMBED_QUERY_PREFIX="+strings.Repeat("é", 201)), "STACKROOM_EMBED_QUERY_PREFIX"},
		{append(good, "STACKROOM_EMBED_DIMENSIONS=4097"), "STACKROOM_EMBED_DIMENSIONS"},
		{append(good, "STACKROOM_EMBED_BUDGET=9999"), "STACKROOM_EMBED_BUDGET"},
	} {
		if _, err := config.Load(tc.environ); err == nil || !strings.Contains(err.Error(), tc.want+":") {
			t.Errorf("%q: %v, want a fault of %s", tc.environ, err, tc.want)
		}
	}
	for _, ok := range []string{"STACKROOM_EMBED_PREFIX=" + strings.Repeat("é", 200), "STACKROOM_EMBED_DIMENSIONS=4096", "STACKROOM_EMBED_BUDGET=10000", "STACKROOM_EMBED_URL=http://127.0.0.1:8080/v1"} {
		if _, err := config.Load(append(good, ok)); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
}
