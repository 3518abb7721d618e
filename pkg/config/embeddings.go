package config

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// embeddingsAll is the value of STACKROOM_EMBED_LIBRARIES for all libraries.
const embeddingsAll = "all"

// vertexScheme begins the value of STACKROOM_EMBED_URL for Vertex AI.
const vertexScheme = "vertex:"

// Embeds reports whether works and questions are embedded.
func (c *Config) Embeds() bool { return len(c.EmbeddingsLibraries) > 0 }

// VertexRegion returns the region of Vertex AI that embeds, or "" for another
// service.
func (c *Config) VertexRegion() string {
	region, ok := strings.CutPrefix(c.EmbeddingsURL, vertexScheme)
	if !ok {
		return ""
	}
	return region
}

// checkEmbeddings returns the faults of the settings for embeddings.
func (c *Config) checkEmbeddings() []Fault {
	var faults []Fault
	expect := func(ok bool, variable string) {
		if !ok {
			faults = append(faults, Fault{Variable: variable})
		}
	}
	alone := slices.Equal(c.EmbeddingsLibraries, []string{embeddingsAll})
	expect(alone || all(c.EmbeddingsLibraries, validLibrary), "STACKROOM_EMBED_LIBRARIES")
	expect(c.EmbeddingsURL == "" || validUpstream(c.EmbeddingsURL) || plaintext.IsToken(c.VertexRegion(), 40), "STACKROOM_EMBED_URL")
	const mostPrefix, mostDimensions = 200, 4096
	expect(utf8.RuneCountInString(c.EmbeddingsPrefix) <= mostPrefix, "STACKROOM_EMBED_PREFIX")
	expect(utf8.RuneCountInString(c.EmbeddingsQuestionPrefix) <= mostPrefix, "STACKROOM_EMBED_QUERY_PREFIX")
	expect(within(c.EmbeddingsDimensions, 0, mostDimensions), "STACKROOM_EMBED_DIMENSIONS")
	expect(within(c.EmbeddingsBudget, 10_000, 1_000_000_000), "STACKROOM_EMBED_BUDGET")
	if len(faults) > 0 || !c.Embeds() {
		return faults
	}
	missing := func(set bool, variable, why string) {
		if !set {
			faults = append(faults, Fault{Variable: variable, Shape: "unset, and STACKROOM_EMBED_LIBRARIES is set", Expected: why})
		}
	}
	missing(c.EmbeddingsURL != "", "STACKROOM_EMBED_URL", expected("STACKROOM_EMBED_URL"))
	missing(c.EmbeddingsModel != "", "STACKROOM_EMBED_MODEL", "the name of one of the service's models")
	missing(c.VertexRegion() == "" || c.Project != "", "GOOGLE_CLOUD_PROJECT", "the project in which Vertex AI is used")
	return faults
}
