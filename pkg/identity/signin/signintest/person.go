package signintest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Person signs in with a browser.
type Person struct {
	User   int64 // user ID at Zotero
	Refuse bool  // deny on Stackroom's consent page
	Deny   bool  // deny at Zotero
	// Unticked leaves every box of Stackroom's consent page unticked, as the page comes.
	Unticked bool
	// Change, if set, changes Zotero's form before it is sent.
	Change func(url.Values)
	// Browser is set by NewPerson.
	Browser *http.Client
}

// NewPerson returns a person who consents to everything, with a new browser
// over transport; nil is the default transport.
func NewPerson(user int64, transport http.RoundTripper) *Person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // New fails only with options
	}
	return &Person{User: user, Browser: &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// SignIn opens the URL of an authorization request and follows the sign-in
// until a redirect to the client. It returns the redirect URI.
func (p *Person) SignIn(ctx context.Context, authorize string) (*url.URL, error) {
	next, err := p.Consent(ctx, authorize)
	if err != nil || next.Query().Get("oauth_token") == "" {
		return next, err // denied: not at Zotero
	}
	back, err := p.AtZotero(ctx, next.String())
	if err != nil {
		return nil, err
	}
	_, to, err := p.open(ctx, http.MethodGet, back.String(), nil)
	return to, err
}

// Consent opens the URL of an authorization request and submits the consent
// page. It returns the redirect: to Zotero, or to the client.
func (p *Person) Consent(ctx context.Context, authorize string) (*url.URL, error) {
	page, to, err := p.open(ctx, http.MethodGet, authorize, nil)
	if err != nil || to != nil {
		return to, err
	}
	fields := inputs(page, !p.Unticked)
	if fields.Get("request") == "" {
		return nil, errors.New("signintest: no consent page")
	}
	fields.Set("decision", "allow")
	if p.Refuse {
		fields.Set("decision", "deny")
	}
	at, err := url.Parse(authorize)
	if err != nil {
		return nil, err
	}
	_, to, err = p.open(ctx, http.MethodPost, at.Scheme+"://"+at.Host+at.Path, fields)
	return to, err
}

// AtZotero submits Zotero's page and returns its redirect.
func (p *Person) AtZotero(ctx context.Context, authorize string) (*url.URL, error) {
	page, _, err := p.open(ctx, http.MethodGet, authorize, nil)
	if err != nil {
		return nil, err
	}
	fields := inputs(page, true)
	fields.Set("user", strconv.FormatInt(p.User, 10))
	fields.Set("decision", "accept")
	if p.Deny {
		fields.Set("decision", "deny")
	}
	if p.Change != nil {
		p.Change(fields)
	}
	at, err := url.Parse(authorize)
	if err != nil {
		return nil, err
	}
	_, to, err := p.open(ctx, http.MethodPost, at.Scheme+"://"+at.Host+at.Path, fields)
	return to, err
}

// maxPage is the longest page, in bytes.
const maxPage = 1 << 20

// open opens a page. It returns its text, or its redirect.
func (p *Person) open(ctx context.Context, method, at string, fields url.Values) (page string, to *url.URL, err error) {
	req, err := http.NewRequestWithContext(ctx, method, at, strings.NewReader(fields.Encode()))
	if err != nil {
		return "", nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := p.Browser.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPage))
	if err != nil {
		return "", nil, err
	}
	if to, err := res.Location(); err == nil {
		return "", to, nil
	}
	if res.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("signintest: %s responds with status %d", req.URL.Path, res.StatusCode)
	}
	if _, refresh, ok := strings.Cut(res.Header.Get("Refresh"), "url="); ok {
		to, err := url.Parse(refresh)
		return string(body), to, err
	}
	return string(body), nil, nil
}

// input matches form fields with a value.
var input = regexp.MustCompile(`<input[^>]*\bname="([^"]*)" value="([^"]*)"`)

// inputs returns what a browser sends of a form. A box that is not ticked is left out.
func inputs(page string, ticked bool) url.Values {
	fields := url.Values{}
	for _, m := range input.FindAllStringSubmatch(page, -1) {
		if ticked || !strings.Contains(m[0], `type="checkbox"`) {
			fields.Set(m[1], html.UnescapeString(m[2]))
		}
	}
	return fields
}
