package account

import (
	"net/http"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// allowParameter is the parameter of the sign-in by which the session after it may
// change libraries: a sealed field of the session before it. So no link of another site
// or in a message, and no earlier page, starts such a sign-in.
const allowParameter = "allow"

// allowing is what the field of [allowParameter] does.
const allowing = "allow changes"

// AllowURL returns the address of the sign-in after which the session of a request may
// change libraries, and which leads back to a path. It is "" if the session may already,
// if the deployment or the member can't, and without a session. The error has the code
// Unavailable.
func (p *Pages) AllowURL(r *http.Request, back string) (string, error) {
	s, err := p.current(r)
	if err != nil || s == nil || s.Changes || !p.offersWrite() {
		return "", err
	}
	if s.Key == "" && !p.may(&s.Member, identity.Write) { // a key is made with the right
		return "", nil
	}
	field, err := p.Form(r, allowing)
	if err != nil {
		return "", err
	}
	return pathSignIn + "?" + url.Values{allowParameter: {field}, backParameter: {back}}.Encode(), nil
}

// allows reports whether a sign-in gives the right to change libraries. The error has
// the code Forbidden for a field that does not belong to the session.
func (p *Pages) allows(r *http.Request, field string) (bool, error) {
	if field == "" {
		return false, nil
	}
	err := p.CheckForm(r, allowing, field)
	return err == nil, err
}

// Form returns the hidden field of a form of other pages: sealed, and bound to the
// session of the request and to what the form does. The error has the code
// Unauthenticated without a session, or Unavailable.
func (p *Pages) Form(r *http.Request, does string) (string, error) {
	s, err := p.current(r)
	if err != nil {
		return "", err
	}
	if s == nil {
		return "", noSession()
	}
	return sealed(p.form, field{Session: s.ID, Does: does})
}

// CheckForm returns an error unless the field is of [Pages.Form] for the session of the
// request and for what the form does: its code is Forbidden, Unauthenticated without a
// session, or Unavailable.
func (p *Pages) CheckForm(r *http.Request, does, text string) error {
	s, err := p.current(r)
	if err != nil {
		return err
	}
	if s == nil {
		return noSession()
	}
	f := &field{}
	if p.openField(r.Context(), text, s, f) != nil || f.Does == "" || f.Does != does {
		return notThisForm()
	}
	return nil
}

func noSession() error {
	return library.Errorf(library.Unauthenticated, "your session has expired").WithHint("sign in again")
}
