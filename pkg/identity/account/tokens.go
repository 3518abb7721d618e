package account

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// day is 24 hours.
const day = 24 * time.Hour

// lives returns the lifetimes that a member can choose, in days: none longer
// than the ledger remembers a revocation.
func lives() []int { return []int{7, 30, 90} }

// maxTokenName is the longest name of a token, in characters.
const maxTokenName = 60

// showTokens serves GET /account/tokens.
func (p *Pages) showTokens(w http.ResponseWriter, r *http.Request) {
	s, err := p.current(r)
	switch {
	case err != nil:
		p.fail(w, r, err)
	case s == nil:
		p.showSignIn(w)
	case s.Token != "":
		p.showHolder(w, r, s)
	default:
		p.show(w, r, s)
	}
}

// show writes the page of a member's tokens.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, s *session) {
	tokens, err := p.list(r.Context(), s)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	libraries, err := p.libraries(r.Context(), s)
	if library.CodeOf(err) == library.Unauthenticated { // the key was revoked at the upstream
		p.setCookie(w, cookieSession, "", -time.Second)
		p.showSignIn(w)
		return
	}
	form, fault := p.newField(s)
	if fault != nil {
		p.fail(w, r, fault)
		return
	}
	p.write(w, p.pages.tokens, "Personal access tokens", tokensPage{
		Form: form, Subject: s.Subject, Tokens: tokens, Most: ledger.MaxFamilies, Lives: lives(), Through: p.options.Through,
		Libraries: libraries, Unlisted: err != nil, Limit: maxLibraries,
		MayWrite: p.may(&s.Member, identity.Write), AskWrite: p.offersWrite() && !p.may(&s.Member, identity.Write) && s.Key != "",
		WriteURL: loginURL(true), HasKey: s.Key != "",
	}, nil)
}

func (p *Pages) offersWrite() bool { return slices.Contains(p.options.Scopes, identity.Write) }

// libraries returns the libraries that a member may see.
func (p *Pages) libraries(ctx context.Context, s *session) ([]library.Info, error) {
	return p.options.Libraries(identity.WithPrincipal(ctx, p.principal(&s.Member)))
}

// list returns the member's tokens for the page.
func (p *Pages) list(ctx context.Context, s *session) ([]tokenRow, error) {
	families, err := p.options.Ledger.List(ctx, ledger.Token, s.Subject)
	if err != nil {
		return nil, err
	}
	var rows []tokenRow
	for _, f := range families {
		row := tokenRow{Key: f.Key, Created: f.Created.UTC().Format(time.DateOnly), Expires: f.Expires.UTC().Format(time.DateOnly)}
		known, ok := p.recordOf(ctx, &f)
		if !ok {
			row.Name = "made under an older master key"
		} else {
			row.Name, row.Libraries, row.Write = known.Name, known.Libraries, slices.Contains(known.Scopes, identity.Write)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// makeToken serves the form for a new token.
func (p *Pages) makeToken(w http.ResponseWriter, r *http.Request) {
	s, f, err := p.readForm(w, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	want, err := p.wish(r.Context(), s, r.PostForm)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	token, err := p.issue(context.WithoutCancel(r.Context()), s, f.Token, want)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.options.Logger.InfoContext(r.Context(), "personal access token made", "principal", s.Subject,
		"write", slices.Contains(want.scopes, identity.Write), "libraries", len(want.libraries), "days", int(want.life/day))
	p.write(w, p.pages.made, "Your new token", madePage{
		Token: token, Name: want.name, Expires: p.options.Now().Add(want.life).UTC().Format(time.DateOnly), URL: p.options.URL + "/mcp",
	}, nil)
}

// wish parses the form, within the member's rights.
func (p *Pages) wish(ctx context.Context, s *session, form url.Values) (*wish, error) {
	want := &wish{name: plaintext.Line(form.Get("name")), scopes: []identity.Scope{identity.Read}}
	if want.name == "" || len([]rune(want.name)) > maxTokenName {
		return nil, library.Errorf(library.Invalid, "a token needs a name of at most %d characters", maxTokenName).WithHint("go back and enter what the token is for")
	}
	i := slices.IndexFunc(lives(), func(days int) bool { return form.Get("days") == strconv.Itoa(days) })
	if i < 0 {
		return nil, library.Errorf(library.Invalid, "the form has no valid lifetime").WithHint("open the page again")
	}
	want.life = time.Duration(lives()[i]) * day
	switch scope := identity.Scope(cmp.Or(form.Get("scope"), string(identity.Read))); {
	case !p.may(&s.Member, scope):
		return nil, library.Errorf(library.Forbidden, "your account can't grant this scope to a token").WithHint("choose another one")
	case scope == identity.Write:
		want.scopes = append(want.scopes, identity.Write)
	}
	if form.Get("which") == "all" {
		return want, nil
	}
	var err error
	want.libraries, err = p.chosen(ctx, s, form["library"])
	return want, err
}

// chosen returns the libraries with the IDs. The member must be allowed to see
// each of them.
func (p *Pages) chosen(ctx context.Context, s *session, ids []string) ([]library.Info, error) {
	if len(ids) == 0 || len(ids) > maxLibraries {
		return nil, library.Errorf(library.Invalid, "choose 1 to %d libraries, or all of them", maxLibraries).WithHint("go back and choose")
	}
	all, err := p.libraries(ctx, s)
	if err != nil {
		return nil, err
	}
	var found []library.Info
	for _, id := range ids {
		i := slices.IndexFunc(all, func(l library.Info) bool { return string(l.ID) == id })
		if i < 0 {
			return nil, library.Errorf(library.NotFound, "there is no such library in your account").WithHint("open the page again")
		}
		if !slices.ContainsFunc(found, func(l library.Info) bool { return l.ID == all[i].ID }) {
			found = append(found, all[i])
		}
	}
	return found, nil
}
