package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/meaning"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// platformScope is the scope of Google Cloud's APIs.
const platformScope = "https://www.googleapis.com/auth/cloud-platform"

// tokenTimeout bounds one request for a token of the service's account.
const tokenTimeout = 10 * time.Second

// openEmbeddings returns the embeddings that the configuration names, or nil.
func openEmbeddings(ctx context.Context, a *app, logger *slog.Logger) (*meaning.Embeddings, error) {
	c := a.config
	if !c.Embeds() {
		return nil, nil
	}
	client, err := embeddingService(ctx, c, current(a.secrets, embeddingsKey), a.observing.upstreamHooks("embeddings", logger))
	if err != nil {
		return nil, err
	}
	host := embeddingsHost(c)
	logger.InfoContext(ctx, "titles and abstracts of libraries, and questions to them, are sent to an embedding service", "host", host, "libraries", c.EmbeddingsLibraries)
	return meaning.New(meaning.Options{
		Service: client, Matryoshka: c.EmbeddingsMatryoshka, Libraries: c.EmbeddingsLibraries, Budget: c.EmbeddingsBudget, Logger: logger,
		Sent: func(ctx context.Context, s meaning.Sending) {
			a.observing.Sent(ctx, telemetry.Sending{To: host, Library: string(s.Library), Works: s.Texts, Chars: s.Chars})
		},
	}), nil
}

// embeddingsKey names the setting of the service's key.
const embeddingsKey = "STACKROOM_EMBED_KEY"

// embeddingService returns the client of the embedding service.
func embeddingService(ctx context.Context, c *config.Config, key func() string, hooks upstream.Hooks) (*embed.Client, error) {
	o := embed.Options{
		URL: c.EmbeddingsURL, Model: c.EmbeddingsModel, QuestionModel: c.EmbeddingsQuestionModel,
		DocumentPrefix: c.EmbeddingsPrefix, QuestionPrefix: c.EmbeddingsQuestionPrefix, Dimensions: c.EmbeddingsDimensions, Key: key, Hooks: hooks,
	}
	region := c.VertexRegion()
	if region == "" {
		return embed.New(o)
	}
	o.URL = ""
	// The token source outlives ctx and must not wait without end.
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, &http.Client{Timeout: tokenTimeout})
	credentials, err := google.FindDefaultCredentials(ctx, platformScope)
	if err != nil {
		return nil, library.Errorf(library.Unavailable, "this machine has no credentials for Vertex AI").
			WithHint("on Cloud Run the service's account has them; elsewhere run: gcloud auth application-default login").WithCause(err)
	}
	return embed.NewVertex(embed.Vertex{Project: c.Project, Region: region, Tokens: credentials.TokenSource}, o)
}

// embeddingsHost returns the host that gets the texts.
func embeddingsHost(c *config.Config) string {
	if region := c.VertexRegion(); region != "" {
		return embed.VertexHost(region)
	}
	u, err := url.Parse(c.EmbeddingsURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// embeddings checks that the embedding service answers, with a text of our own.
func (d *doctor) embeddings(ctx context.Context, c *config.Config, key func() string) {
	const check = "embeddings"
	if !c.Embeds() {
		d.pass(check, "none; STACKROOM_EMBED_LIBRARIES names libraries to search by meaning")
		return
	}
	client, err := embeddingService(ctx, c, key, upstream.Hooks{})
	if err != nil {
		d.fail(check, err)
		return
	}
	began := time.Now()
	vectors, err := client.Embed(ctx, embed.Question, []string{"On the shelving of books"})
	took := time.Since(began).Round(time.Millisecond)
	switch {
	case err != nil:
		d.fail(check, err)
	case len(vectors) == 0 || len(vectors[0]) == 0:
		d.fail(check, library.Errorf(library.Invalid, "the embedding service has no vector for a short text").WithHint("check STACKROOM_EMBED_MODEL"))
	default:
		finding := fmt.Sprintf("%s answers in %s with %d dimensions; it gets titles, abstracts and questions of: %v", embeddingsHost(c), took, len(vectors[0]), c.EmbeddingsLibraries)
		if took > meaning.QuestionWait {
			finding += fmt.Sprintf("; a question waits %s for it, so the first search with its words may go without", meaning.QuestionWait)
		}
		d.pass(check, finding)
	}
}
