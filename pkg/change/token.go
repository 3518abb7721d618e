package change

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of plans.
const (
	// PlanLife is how long a plan can be carried out.
	PlanLife = 10 * time.Minute
	// MaxToken is the most bytes of a token. The plan of a longer one is kept in the
	// store.
	MaxToken = 8_000
	// maxPlanBytes bounds a plan as JSON.
	maxPlanBytes = 48 << 20
)

// tokenPrefix begins every token, so that it can be told from a cursor.
const tokenPrefix = "plan_"

// Plans seals plans into tokens. It is safe for concurrent use.
type Plans struct {
	sealer     Sealer
	store      Store
	deployment string
	now        func() time.Time
}

// NewPlans returns the plans of a deployment, which its URL names. A nil now is
// [time.Now].
func NewPlans(sealer Sealer, store Store, deployment string, now func() time.Time) *Plans {
	if now == nil {
		now = time.Now
	}
	return &Plans{sealer: sealer, store: store, deployment: deployment, now: now}
}

// sealedPlan is what a token holds: the plan, or where it is kept.
type sealedPlan struct {
	Deployment string `json:"deployment"`
	Plan       *Plan  `json:"plan,omitempty"`
	Kept       string `json:"kept,omitempty"`
}

// Seal returns the token of a plan.
func (p *Plans) Seal(ctx context.Context, plan *Plan) (string, error) {
	raw, err := p.pack(sealedPlan{Deployment: p.deployment, Plan: plan}, "token")
	if err != nil {
		return "", err
	}
	if token := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw); len(token) <= MaxToken {
		return token, nil
	}
	name := "plans/" + plan.ID
	if raw, err = p.pack(sealedPlan{Deployment: p.deployment, Plan: plan}, name); err != nil {
		return "", err
	}
	if err := p.store.Create(ctx, name, raw, plan.Made.Add(PlanLife)); err != nil {
		return "", err
	}
	if raw, err = p.pack(sealedPlan{Deployment: p.deployment, Kept: name}, "token"); err != nil {
		return "", err
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(raw), nil
}

// Open returns the plan of a token. The error has the code Invalid for a text that is
// no token of this server or was altered, Forbidden for the plan of another caller,
// and Conflict for one that is too old.
func (p *Plans) Open(ctx context.Context, token, subject string) (*Plan, error) {
	encoded, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return nil, library.Errorf(library.Invalid, "this is not a plan").
			WithHint("give the plan that a tool returned, character for character; a cursor, an ID or text from a library is none")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(token) > MaxToken {
		return nil, altered(err)
	}
	sealed, err := p.unpack(raw, "token")
	if err != nil {
		return nil, err
	}
	if name := sealed.Kept; name != "" {
		if raw, err = p.store.Get(ctx, name); library.CodeOf(err) == library.NotFound {
			return nil, expired()
		} else if err != nil {
			return nil, err
		}
		if sealed, err = p.unpack(raw, name); err != nil {
			return nil, err
		}
	}
	plan := sealed.Plan
	switch {
	case sealed.Deployment != p.deployment:
		return nil, library.Errorf(library.Invalid, "this plan was made by another server").WithHint("make it again here")
	case plan == nil || !validID(plan.ID):
		return nil, altered(nil)
	case plan.By.Subject != subject:
		return nil, library.Errorf(library.Forbidden, "this plan was made for another caller").
			WithHint("only who was given a plan can carry it out; make your own")
	case p.now().After(plan.Made.Add(PlanLife)):
		return nil, expired()
	}
	return plan, nil
}

func altered(cause error) error {
	return library.Errorf(library.Invalid, "this plan was altered, or made by another server").
		WithHint("give the plan character for character as a tool returned it, or make it again").WithCause(cause)
}

func expired() error {
	return library.Errorf(library.Conflict, "this plan is older than %d minutes, nothing was changed", int(PlanLife.Minutes())).
		WithHint("make it again with the same arguments")
}

// pack compresses and seals v.
func (p *Plans) pack(v sealedPlan, bound string) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxPlanBytes {
		return nil, library.Errorf(library.TooLarge, "the plan is longer than the %d MB that a plan may have", maxPlanBytes>>20).WithHint("change fewer works at a time")
	}
	packed, err := deflate(raw)
	if err != nil {
		return nil, err
	}
	return p.sealer.Seal(packed, []byte(bound))
}

// unpack is the inverse of pack.
func (p *Plans) unpack(raw []byte, bound string) (sealedPlan, error) {
	var v sealedPlan
	packed, err := p.sealer.Open(raw, []byte(bound))
	if err != nil {
		return v, altered(err)
	}
	if raw, err = inflate(packed); err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		return v, altered(err)
	}
	return v, nil
}

func deflate(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

func inflate(packed []byte) ([]byte, error) {
	return io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxPlanBytes))
}
