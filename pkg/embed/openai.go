package embed

import (
	"encoding/json"
	"fmt"
)

// openAI is OpenAI's API.
type openAI struct{}

func (openAI) request(o *Options, purpose Purpose, texts []string) ([]byte, error) {
	model := o.Model
	if purpose == Question && o.QuestionModel != "" {
		model = o.QuestionModel
	}
	return json.Marshal(struct {
		Model          string   `json:"model"`
		Input          []string `json:"input"`
		EncodingFormat string   `json:"encoding_format"`
		Dimensions     int      `json:"dimensions,omitempty"`
	}{model, texts, "float", o.Dimensions})
}

// response puts the vectors in the order of their index, which services need not
// keep.
func (openAI) response(body []byte, n int) ([][]float32, error) {
	var r struct {
		Data []struct {
			Index     *int      `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	if len(r.Data) != n {
		return nil, fmt.Errorf("%d vectors for %d texts", len(r.Data), n)
	}
	out := make([][]float32, n)
	for i, d := range r.Data {
		if d.Index != nil {
			i = *d.Index
		}
		if i < 0 || i >= n || out[i] != nil {
			return nil, fmt.Errorf("a vector of text %d of %d", i, n)
		}
		out[i] = d.Embedding
	}
	return out, nil
}
