package embed

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Bounds of what is sent and taken.
const (
	// maxChars is about the most characters of a text that are sent: 8,191 tokens
	// are OpenAI's limit.
	maxChars = 16_000
	// minChars is the length to which a text is cut if the service refuses it.
	minChars = 400
	// maxBatch is the most texts of one request.
	maxBatch = 64
	// maxBatchChars bounds the texts of one request: Vertex AI takes 20,000 tokens.
	maxBatchChars = 40_000
	// MaxDimensions is the most dimensions of a vector.
	MaxDimensions = 4096
)

// Purpose is what a text is embedded for. Services embed a question in another way
// than what answers it.
type Purpose int

// The purposes.
const (
	Document Purpose = iota
	Question
)

// Options are the choices of [New] and [NewVertex].
type Options struct {
	// URL is that of the service, to which /embeddings is added:
	// https://api.openai.com/v1, http://127.0.0.1:11434/v1.
	URL string
	// Model names the model. QuestionModel is sent for questions in its place, for
	// services that tell the two apart by the model's name; "" is Model.
	Model, QuestionModel string
	// DocumentPrefix and QuestionPrefix are put before each text, as some models
	// want: "passage: " and "query: " for E5.
	DocumentPrefix, QuestionPrefix string
	// Dimensions is how many dimensions are asked for; 0 is what the model has.
	Dimensions int
	// Key returns what is sent as a bearer token, the present one; "" sends none, as
	// does nil.
	Key func() string
	// Timeout bounds one request with its repetitions; 30 s if 0.
	Timeout time.Duration
	// Transport sends the requests; nil is that of pkg/upstream.
	Transport http.RoundTripper
	// Hooks are called on events, for metrics.
	Hooks upstream.Hooks
}

// Client asks one model of one service. It is safe for concurrent use.
type Client struct {
	upstream *upstream.Client
	options  Options
	protocol protocol
	path     string // of the requests, below the base URL
	most     int    // texts of one request
	// credential returns what authenticates a request.
	credential func(context.Context) (upstream.Credential, error)
}

// protocol writes requests and reads responses of a kind of service.
type protocol interface {
	request(o *Options, purpose Purpose, texts []string) ([]byte, error)
	// response returns the vectors of n texts in their order.
	response(body []byte, n int) ([][]float32, error)
}

// New returns a client of a service with OpenAI's API. The error has the code
// [library.Invalid].
func New(o Options) (*Client, error) {
	c, err := newClient(o, o.URL)
	if err != nil {
		return nil, err
	}
	c.protocol, c.path, c.most = openAI{}, "/embeddings", maxBatch
	c.credential = func(context.Context) (upstream.Credential, error) {
		key := ""
		if o.Key != nil {
			key = o.Key()
		}
		if key == "" {
			return upstream.Credential{}, nil
		}
		return upstream.NewCredential("embeddings:key", http.Header{"Authorization": {"Bearer " + key}}), nil
	}
	return c, nil
}

// newClient returns a client that lacks what tells the services apart.
func newClient(o Options, base string) (*Client, error) {
	if o.Model == "" || o.Dimensions < 0 || o.Dimensions > MaxDimensions {
		return nil, library.Errorf(library.Invalid, "an embedding service needs a model, and 0 to %d dimensions", MaxDimensions)
	}
	up, err := upstream.New(upstream.Options{
		BaseURL: base, Name: "the embedding service", Timeout: cmp.Or(o.Timeout, 30*time.Second), Transport: o.Transport, Hooks: o.Hooks,
		Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}, CacheBytes: 1,
	})
	if err != nil {
		return nil, err
	}
	return &Client{upstream: up, options: o}, nil
}

// Model identifies what the vectors depend on: vectors of different models do not
// compare.
func (c *Client) Model() string {
	return strings.Join([]string{c.options.Model, c.options.DocumentPrefix, strconv.Itoa(c.options.Dimensions)}, "\x00")
}

// State returns the state of the service's client.
func (c *Client) State() upstream.State { return c.upstream.State() }

// Embed returns the vectors of texts in their order, each of length 1. A text that
// the service refuses even when it is cut has none; so has one without a character.
// Longer texts count up to about 16,000 characters. Errors are as those of
// [upstream.Client.Send].
func (c *Client) Embed(ctx context.Context, purpose Purpose, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for batch := range c.batches(texts) {
		if err := c.embed(ctx, purpose, batch, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// text is a text of a batch.
type text struct {
	at   int // in the caller's list
	text string
}

// batches yields the texts in batches that the service takes.
func (c *Client) batches(texts []string) func(yield func([]text) bool) {
	return func(yield func([]text) bool) {
		var batch []text
		chars := 0
		for i, s := range texts {
			s, _ = plaintext.Cut(s, maxChars)
			if s == "" {
				continue
			}
			if len(batch) > 0 && (len(batch) == c.most || chars+len(s) > maxBatchChars) {
				if !yield(batch) {
					return
				}
				batch, chars = nil, 0
			}
			batch, chars = append(batch, text{i, s}), chars+len(s)
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

// embed embeds a batch. If the service refuses it, each half is tried, and of a
// single text a shorter beginning.
func (c *Client) embed(ctx context.Context, purpose Purpose, batch []text, out [][]float32) error {
	vectors, err := c.ask(ctx, purpose, batch)
	switch code := library.CodeOf(err); {
	case err == nil:
		for i, t := range batch {
			out[t.at] = vectors[i]
		}
		return nil
	case code != library.Invalid && code != library.TooLarge:
		return err
	case len(batch) > 1:
		half := len(batch) / 2
		if err := c.embed(ctx, purpose, batch[:half], out); err != nil {
			return err
		}
		return c.embed(ctx, purpose, batch[half:], out)
	case len(batch[0].text) <= minChars:
		return nil
	}
	shorter, _ := plaintext.Cut(batch[0].text, utf8.RuneCountInString(batch[0].text)/2)
	return c.embed(ctx, purpose, []text{{batch[0].at, shorter}}, out)
}

// ask makes one request.
func (c *Client) ask(ctx context.Context, purpose Purpose, batch []text) ([][]float32, error) {
	prefix := c.options.DocumentPrefix
	if purpose == Question {
		prefix = c.options.QuestionPrefix
	}
	texts := make([]string, len(batch))
	for i, t := range batch {
		texts[i] = prefix + t.text
	}
	body, err := c.protocol.request(&c.options, purpose, texts)
	if err != nil {
		return nil, library.Errorf(library.Internal, "the texts can't be sent to the embedding service").WithCause(err)
	}
	credential, err := c.credential(ctx)
	if err != nil {
		return nil, err
	}
	response, err := c.upstream.Send(ctx, upstream.Change{
		Method: http.MethodPost, Path: c.path, Body: body, Credential: credential,
		Once: true, // nothing at the service changes
	})
	if err != nil {
		return nil, err
	}
	vectors, err := c.protocol.response(response.Body, len(batch))
	if err != nil {
		return nil, library.Errorf(library.Unavailable, "the embedding service did not return the vectors of the texts").WithCause(err)
	}
	for _, v := range vectors {
		if err := c.check(v); err != nil {
			return nil, err
		}
	}
	return vectors, nil
}

// check scales a vector to the length 1. One that has none, or not the dimensions
// that were asked for, is an error.
func (c *Client) check(v []float32) error {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	want := c.options.Dimensions
	if len(v) == 0 || len(v) > MaxDimensions || want > 0 && len(v) != want || sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return library.Errorf(library.Unavailable, "the embedding service returned a vector of %d dimensions that can't be used", len(v)).
			WithHint("ask the admin to check the model and its dimensions")
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return nil
}
