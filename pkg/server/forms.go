package server

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// formLife is how long a form can be sent where people don't sign in.
const formLife = time.Hour

// localForms is [pages.Forms] where people don't sign in: the fields are bound to what
// the forms do, so that no page but one of this server can make them.
type localForms struct{ box *seal.Box }

// localField is the content of a field.
type localField struct {
	Does    string `json:"d"`
	Expires int64  `json:"x"` // seconds since 1970
}

// newLocalForms returns the forms sealed by a keyring, nil for a key of the process.
func newLocalForms(keys *seal.Keyring) (*localForms, error) {
	if keys == nil {
		secret := make([]byte, seal.MasterSize)
		_, _ = rand.Read(secret) // crypto/rand never fails
		var err error
		if keys, err = seal.New(secret); err != nil {
			return nil, err
		}
	}
	return &localForms{keys.Box("field", "pages without sign-in")}, nil
}

// Form implements [pages.Forms].
func (f *localForms) Form(_ *http.Request, does string) (string, error) {
	plain, err := json.Marshal(localField{Does: does, Expires: time.Now().Add(formLife).Unix()})
	if err != nil {
		return "", err
	}
	return f.box.Seal(plain)
}

// CheckForm implements [pages.Forms].
func (f *localForms) CheckForm(_ *http.Request, does, field string) error {
	var known localField
	plain, err := f.box.Open(field)
	if err == nil {
		err = json.Unmarshal(plain, &known)
	}
	if err != nil || known.Does != does || time.Now().Unix() >= known.Expires {
		return library.Errorf(library.Forbidden, "this form is too old, or not of this page").WithHint("open the page again").WithCause(err)
	}
	return nil
}
