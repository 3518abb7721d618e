package account

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// tokenForm is the data of the page on which a member signs in with a token.
type tokenForm struct {
	Back  string
	Allow string // the field by which the session may change libraries, or ""
	Wrong bool   // the last token was not valid
	Host  string
}

// holderPage is the data of the page of a member who signed in with a token.
type holderPage struct{ Form, Subject string }

// showTokenForm serves the form in which a member signs in with a token.
func (p *Pages) showTokenForm(w http.ResponseWriter, f tokenForm) {
	f.Host = p.host()
	p.write(w, p.pages.byToken, "Sign in with a token", f, func(o *page.Options) {
		if f.Wrong {
			o.Status = http.StatusForbidden
		}
	})
}

// takeToken serves POST /account/sign-in: it starts a session for the bearer of a
// token. The token stays sealed in the session's cookie, and each request verifies
// it again.
func (p *Pages) takeToken(w http.ResponseWriter, r *http.Request) {
	if p.fromOtherSite(r) { // it would sign the member in with a token of its own
		p.fail(w, r, notThisForm())
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, library.Errorf(library.Invalid, "the form can't be read").WithCause(err))
		return
	}
	back := localPath(r.PostForm.Get(backParameter))
	allow, token := r.PostForm.Get(allowParameter), strings.TrimSpace(r.PostForm.Get("token"))
	changes, err := p.allows(r, allow)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	m, err := p.bearer(r.Context(), token)
	if library.CodeOf(err) == library.Unauthenticated {
		p.showTokenForm(w, tokenForm{Back: back, Allow: allow, Wrong: true})
		return
	}
	if err == nil {
		err = p.begin(w, r, m, changes)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.options.Logger.InfoContext(r.Context(), "signed in to the account pages", "principal", m.Subject)
	redirect(w, back)
}

// bearer returns the member whose token it is.
func (p *Pages) bearer(ctx context.Context, token string) (*Member, error) {
	if token == "" {
		return nil, identity.BadToken(errors.New("account: no token"))
	}
	principal, err := p.options.Verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if principal.ReadOnly { // it would read here what /mcp refuses it
		return nil, identity.BadToken(errors.New("account: the token is for the endpoint that never writes"))
	}
	return &Member{Subject: principal.Subject, Scopes: principal.Scopes, Libraries: principal.Libraries, Token: token}, nil
}

// showHolder writes the page of a member who signed in with a token.
func (p *Pages) showHolder(w http.ResponseWriter, r *http.Request, s *session) {
	form, err := p.newField(s)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.write(w, p.pages.holder, "Account", holderPage{form, s.Subject}, nil)
}
