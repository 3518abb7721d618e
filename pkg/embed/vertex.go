package embed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Vertex names a place of Vertex AI.
type Vertex struct {
	Project string
	Region  string // such as europe-west1
	// Tokens authenticate the service's own account.
	Tokens oauth2.TokenSource
}

// isName reports whether s can be the name of a project, a region or a model.
func isName(s string) bool {
	const most = 80
	return s != "" && len(s) <= most && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.:_-") == ""
}

// VertexHost returns the host of Vertex AI in a region.
func VertexHost(region string) string { return region + "-aiplatform.googleapis.com" }

// NewVertex returns a client of a model of Vertex AI. The URL of o is for tests;
// its key and prefixes do not count. The error has the code [library.Invalid].
func NewVertex(v Vertex, o Options) (*Client, error) {
	if !isName(v.Project) || !isName(v.Region) || !isName(o.Model) || v.Tokens == nil {
		return nil, library.Errorf(library.Invalid, "embeddings of Vertex AI need a project, a region and a model")
	}
	o.DocumentPrefix, o.QuestionPrefix = "", ""
	base := o.URL
	if base == "" {
		base = "https://" + VertexHost(v.Region)
	}
	c, err := newClient(o, base)
	if err != nil {
		return nil, err
	}
	c.protocol, c.most = vertexAI{}, maxBatch
	if strings.HasPrefix(o.Model, "gemini-") {
		c.most = 1 // one text a request
	}
	c.path = fmt.Sprintf("/v1/projects/%s/locations/%s/publishers/google/models/%s:predict",
		url.PathEscape(v.Project), url.PathEscape(v.Region), url.PathEscape(o.Model))
	c.credential = func(context.Context) (upstream.Credential, error) {
		token, err := v.Tokens.Token()
		if err != nil {
			return upstream.Credential{}, library.Errorf(library.Unavailable, "the service's account has no token for Vertex AI").WithCause(err)
		}
		return upstream.NewCredential("embeddings:account", http.Header{"Authorization": {"Bearer " + token.AccessToken}}), nil
	}
	return c, nil
}

// vertexAI is the prediction API of Vertex AI.
type vertexAI struct{}

func (vertexAI) request(o *Options, purpose Purpose, texts []string) ([]byte, error) {
	type instance struct {
		Content string `json:"content"`
		Task    string `json:"task_type"`
	}
	type parameters struct {
		AutoTruncate bool `json:"autoTruncate"`
		Dimensions   int  `json:"outputDimensionality,omitempty"`
	}
	task := "RETRIEVAL_DOCUMENT"
	if purpose == Question {
		task = "RETRIEVAL_QUERY"
	}
	instances := make([]instance, len(texts))
	for i, t := range texts {
		instances[i] = instance{t, task}
	}
	return json.Marshal(struct {
		Instances  []instance `json:"instances"`
		Parameters parameters `json:"parameters"`
	}{instances, parameters{true, o.Dimensions}})
}

func (vertexAI) response(body []byte, n int) ([][]float32, error) {
	var r struct {
		Predictions []struct {
			Embeddings struct {
				Values []float32 `json:"values"`
			} `json:"embeddings"`
		} `json:"predictions"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	if len(r.Predictions) != n {
		return nil, fmt.Errorf("%d vectors for %d texts", len(r.Predictions), n)
	}
	out := make([][]float32, n)
	for i := range r.Predictions {
		out[i] = r.Predictions[i].Embeddings.Values
	}
	return out, nil
}
