package embed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/stackroom-mcp/stackroom/pkg/embed"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// service is an embedding service of both kinds: the vector of a text is its number
// of letters a and b.
type service struct {
	mu       sync.Mutex
	requests []request
	refuses  func(texts []string) int // status; 0 takes the texts
	answers  func(texts []string) string
}

// request is a request of either kind.
type request struct {
	path, authorization string
	Model               string
	Input               []string
	Dimensions          int
	Instances           []struct {
		Content string
		Task    string `json:"task_type"`
	}
	Parameters struct {
		AutoTruncate         bool
		OutputDimensionality int
	}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := request{path: r.URL.Path, authorization: r.Header.Get("Authorization")}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, q)
	s.mu.Unlock()
	texts := q.Input
	for _, i := range q.Instances {
		texts = append(texts, i.Content)
	}
	if s.refuses != nil {
		if status := s.refuses(texts); status != 0 {
			http.Error(w, "no", status)
			return
		}
	}
	if s.answers != nil {
		fmt.Fprint(w, s.answers(texts))
		return
	}
	var data, predictions []string
	for i, t := range texts {
		v := fmt.Sprintf("[%d,%d]", strings.Count(t, "a"), strings.Count(t, "b"))
		data = append([]string{fmt.Sprintf(`{"index":%d,"embedding":%s}`, i, v)}, data...) // in reverse
		predictions = append(predictions, fmt.Sprintf(`{"embeddings":{"values":%s}}`, v))
	}
	fmt.Fprintf(w, `{"data":[%s],"predictions":[%s]}`, strings.Join(data, ","), strings.Join(predictions, ","))
}

// openAI returns a client of a service with OpenAI's API.
func openAI(t *testing.T, s *service, change func(*embed.Options)) *embed.Client {
	t.Helper()
	o := embed.Options{URL: serve(t, s) + "/v1", Model: "m", Key: func() string { return "sEcReT" }}
	if change != nil {
		change(&o)
	}
	c, err := embed.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func vertex(t *testing.T, s *service, model string) *embed.Client {
	t.Helper()
	v := embed.Vertex{Project: "p-1", Region: "europe-west1", Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "tOkEn"})}
	c, err := embed.NewVertex(v, embed.Options{URL: serve(t, s), Model: model, Dimensions: 2})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func serve(t *testing.T, s *service) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

// must returns the vectors of texts.
func must(t *testing.T, c *embed.Client, p embed.Purpose, texts ...string) [][]float32 {
	t.Helper()
	vectors, err := c.Embed(t.Context(), p, texts)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestEmbed_OrderAndLength(t *testing.T) {
	for name, c := range map[string]*embed.Client{"openai": openAI(t, &service{}, nil), "vertex": vertex(t, &service{}, "text-embedding-005")} {
		got := must(t, c, embed.Document, "aaa", "", "b", "aaaabbb")
		want := [][]float32{{1, 0}, nil, {0, 1}, {.8, .6}}
		for i := range want {
			if len(got[i]) != len(want[i]) {
				t.Fatalf("%s: vector %d is %v, want %v", name, i, got[i], want[i])
			}
			for j := range want[i] {
				if math.Abs(float64(got[i][j]-want[i][j])) > 1e-6 {
					t.Errorf("%s: vector %d is %v, want %v", name, i, got[i], want[i])
				}
			}
		}
	}
}

func TestEmbed_SendsWhatEachServiceWants(t *testing.T) {
	s := &service{}
	c := openAI(t, s, func(o *embed.Options) {
		o.QuestionModel, o.DocumentPrefix, o.QuestionPrefix, o.Dimensions = "q", "passage: ", "query: ", 2
	})
	must(t, c, embed.Document, "a")
	must(t, c, embed.Question, "b")
	doc, question := s.requests[0], s.requests[1]
	if doc.path != "/v1/embeddings" || doc.authorization != "Bearer sEcReT" || doc.Model != "m" || doc.Input[0] != "passage: a" || doc.Dimensions != 2 {
		t.Errorf("a document: %+v", doc)
	}
	if question.Model != "q" || question.Input[0] != "query: b" {
		t.Errorf("a question: %+v", question)
	}
	s = &service{}
	c = vertex(t, s, "text-embedding-005")
	must(t, c, embed.Document, "a", "b")
	must(t, c, embed.Question, "b")
	doc, question = s.requests[0], s.requests[1]
	if doc.path != "/v1/projects/p-1/locations/europe-west1/publishers/google/models/text-embedding-005:predict" || doc.authorization != "Bearer tOkEn" ||
		len(doc.Instances) != 2 || doc.Instances[0].Task != "RETRIEVAL_DOCUMENT" || !doc.Parameters.AutoTruncate || doc.Parameters.OutputDimensionality != 2 {
		t.Errorf("a document: %+v", doc)
	}
	if question.Instances[0].Task != "RETRIEVAL_QUERY" {
		t.Errorf("a question: %+v", question)
	}
	s = &service{}
	must(t, vertex(t, s, "gemini-embedding-001"), embed.Document, "a", "b", "ab")
	if len(s.requests) != 3 {
		t.Errorf("%d requests for three texts of a model that takes one at a time", len(s.requests))
	}
}

func TestEmbed_Batches(t *testing.T) {
	for _, c := range []struct {
		what            string
		texts, chars    int
		requests, first int
	}{
		{"as many as a request has", 64, 1, 1, 64},
		{"one more", 65, 1, 2, 64},
		{"long ones", 5, 10_000, 2, 4},
		{"longer than a text may be", 1, 20_000, 1, 1},
	} {
		s := &service{}
		texts := make([]string, c.texts)
		for i := range texts {
			texts[i] = strings.Repeat("a", c.chars)
		}
		must(t, openAI(t, s, nil), embed.Document, texts...)
		if len(s.requests) != c.requests || len(s.requests[0].Input) != c.first || len(s.requests[0].Input[0]) > 16_000 {
			t.Errorf("%s: %d requests, %d texts in the first", c.what, len(s.requests), len(s.requests[0].Input))
		}
	}
}

// TestEmbed_RefusedTextsAreCut has a service that takes 1,000 characters.
func TestEmbed_RefusedTextsAreCut(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge} {
		s := &service{refuses: func(texts []string) int {
			for _, x := range texts {
				if len(x) > 1000 || strings.Contains(x, "never") {
					return status
				}
			}
			return 0
		}}
		got := must(t, openAI(t, s, nil), embed.Document, "ab", strings.Repeat("a", 1500), "never", "b")
		if got[0] == nil || got[1] == nil || got[2] != nil || got[3] == nil {
			t.Errorf("status %d: %v", status, got)
		}
		if len(s.requests) > 12 {
			t.Errorf("status %d: %d requests", status, len(s.requests))
		}
	}
}

func TestEmbed_Failures(t *testing.T) {
	answer := func(body string) *service { return &service{answers: func([]string) string { return body }} }
	for what, c := range map[string]struct {
		service *service
		code    library.Code
	}{
		"no JSON":             {answer("<html>"), library.Unavailable},
		"cut":                 {answer(`{"data":[{"index":0,`), library.Unavailable},
		"too few":             {answer(`{"data":[{"index":0,"embedding":[1]}],"predictions":[{"embeddings":{"values":[1,1]}}]}`), library.Unavailable},
		"one twice":           {answer(`{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`), library.Unavailable},
		"an index beyond":     {answer(`{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}`), library.Unavailable},
		"an index below":      {answer(`{"data":[{"index":0,"embedding":[1]},{"index":-1,"embedding":[1]}]}`), library.Unavailable},
		"zeros":               {answer(`{"data":[{"embedding":[0,0]},{"embedding":[1,1]}],"predictions":[{"embeddings":{"values":[0,0]}},{"embeddings":{"values":[1,1]}}]}`), library.Unavailable},
		"no dimension":        {answer(`{"data":[{"embedding":[]},{"embedding":[1]}]}`), library.Unavailable},
		"other dimensions":    {answer(`{"data":[{"embedding":[1]},{"embedding":[1]}],"predictions":[{"embeddings":{"values":[1]}},{"embeddings":{"values":[1]}}]}`), library.Unavailable},
		"a refused key":       {&service{refuses: func([]string) int { return http.StatusUnauthorized }}, library.Unauthenticated},
		"no such model":       {&service{refuses: func([]string) int { return http.StatusNotFound }}, library.NotFound},
		"too large dimension": {answer(`{"data":[{"embedding":[` + strings.Repeat("1,", embed.MaxDimensions) + `1]},{"embedding":[1]}]}`), library.Unavailable},
	} {
		for kind, client := range map[string]*embed.Client{
			"openai": openAI(t, c.service, func(o *embed.Options) { o.Dimensions = map[bool]int{true: 2}[what == "other dimensions"] }),
			"vertex": vertex(t, c.service, "text-embedding-005"),
		} {
			_, err := client.Embed(t.Context(), embed.Document, []string{"a", "b"})
			if library.CodeOf(err) != c.code {
				t.Errorf("%s, %s: %v", what, kind, err)
			}
			if err != nil && (strings.Contains(err.Error(), "sEcReT") || strings.Contains(err.Error(), "tOkEn")) {
				t.Errorf("%s, %s: the error has the key: %v", what, kind, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openAI(t, &service{}, nil).Embed(ctx, embed.Document, []string{"a"}); err == nil {
		t.Error("an ended context embeds")
	}
	broken := embed.Vertex{Project: "p", Region: "r", Tokens: noTokens{}}
	c, err := embed.NewVertex(broken, embed.Options{URL: serve(t, &service{}), Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Embed(t.Context(), embed.Document, []string{"a"}); library.CodeOf(err) != library.Unavailable {
		t.Errorf("no token: %v", err)
	}
}

type noTokens struct{}

func (noTokens) Token() (*oauth2.Token, error) { return nil, errors.New("no metadata server") }

func TestNew_ValidatesOptions(t *testing.T) {
	for what, o := range map[string]embed.Options{
		"no model": {URL: "https://x.test"}, "no URL": {Model: "m"}, "another scheme": {URL: "ftp://x.test", Model: "m"},
		"dimensions": {URL: "https://x.test", Model: "m", Dimensions: embed.MaxDimensions + 1}, "below": {URL: "https://x.test", Model: "m", Dimensions: -1},
	} {
		if _, err := embed.New(o); library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	tokens := oauth2.StaticTokenSource(&oauth2.Token{})
	for what, v := range map[string]embed.Vertex{
		"no project": {Region: "r", Tokens: tokens}, "a region that chooses a host": {Project: "p", Region: "evil.test/", Tokens: tokens},
		"a project with a slash": {Project: "p/q", Region: "r", Tokens: tokens}, "no tokens": {Project: "p", Region: "r"},
	} {
		if _, err := embed.NewVertex(v, embed.Options{Model: "m"}); library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestModel_TellsApartWhatVectorsDependOn(t *testing.T) {
	seen := map[string]bool{}
	for _, change := range []func(*embed.Options){
		func(*embed.Options) {}, func(o *embed.Options) { o.Model = "n" }, func(o *embed.Options) { o.Dimensions = 2 },
		func(o *embed.Options) { o.DocumentPrefix = "passage: " },
	} {
		seen[openAI(t, &service{}, change).Model()] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d names of four models", len(seen))
	}
	questions := openAI(t, &service{}, func(o *embed.Options) { o.QuestionPrefix, o.QuestionModel = "query: ", "q" })
	if !seen[questions.Model()] {
		t.Error("vectors of works depend on how questions are asked")
	}
}
