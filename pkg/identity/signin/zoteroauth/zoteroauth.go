// Package zoteroauth asks Zotero who somebody is: OAuth 1.0a for a key (RFC
// 5849, https://www.zotero.org/support/dev/web_api/v3/oauth), what the key may
// do, and its end.
package zoteroauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Options configure a [Service].
type Options struct {
	OAuthURL string // https://www.zotero.org/oauth
	APIURL   string // https://api.zotero.org
	// ClientKey and ClientSecret return what Zotero gave the application, as
	// it is now.
	ClientKey, ClientSecret func() string
	// HTTP carries the requests; nil is a client that follows no redirects.
	// Each call ends after 15 s in any case.
	HTTP *http.Client
}

// Bounds of a call to Zotero.
const (
	timeout   = 15 * time.Second
	maxAnswer = 64 << 10
)

// Service is Zotero as far as sign-in goes. It is safe for concurrent use.
type Service struct {
	options   Options
	authorize *url.URL
}

// New returns the service at the URLs in o.
func New(o Options) (*Service, error) {
	o.OAuthURL, o.APIURL = strings.TrimSuffix(o.OAuthURL, "/"), strings.TrimSuffix(o.APIURL, "/")
	authorize, err := url.Parse(o.OAuthURL + "/authorize")
	if err != nil || authorize.Host == "" || o.APIURL == "" || o.ClientKey == nil || o.ClientSecret == nil {
		return nil, errors.New("zoteroauth: the URLs of Zotero and the application's key and secret are needed")
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{
			Transport:     upstream.NewTransport(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Service{options: o, authorize: authorize}, nil
}

// Origin returns scheme and host of the page where Zotero asks people.
func (s *Service) Origin() string { return s.authorize.Scheme + "://" + s.authorize.Host }

// Ticket is a request token with its secret: one person's way through Zotero's
// page and back.
type Ticket struct {
	Token  string `json:"t"`
	Secret string `json:"s"`
}

// Begin asks for a ticket with which somebody comes back to callback. The
// error has the code Unavailable.
func (s *Service) Begin(ctx context.Context, callback string) (Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	token, secret, err := s.config(ctx, callback).RequestToken()
	if err != nil {
		return Ticket{}, unreachable(err)
	}
	return Ticket{token, secret}, nil
}

// AuthorizeURL returns where the person with a ticket is asked. Write asks for
// a key that may write; else it is one that reads the person's library, notes
// and groups, which is the least that the tools need. People can change what
// is asked for.
func (s *Service) AuthorizeURL(t Ticket, name string, write bool) string {
	u := *s.authorize
	q := u.Query()
	q.Set("oauth_token", t.Token)
	q.Set("name", name)
	q.Set("library_access", "1")
	q.Set("notes_access", "1")
	q.Set("write_access", "0")
	q.Set("all_groups", "read")
	if write {
		q.Set("write_access", "1")
		q.Set("all_groups", "write")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Finish exchanges a ticket, with the verifier that Zotero gave to the person
// who came back, for a key. The error has the code Unauthenticated if Zotero
// refuses, else Unavailable.
func (s *Service) Finish(ctx context.Context, t Ticket, verifier string) (key string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, key, err = s.config(ctx, "").AccessToken(t.Token, t.Secret, verifier)
	if err != nil {
		return "", unreachable(err)
	}
	if !isKey(key) {
		return "", unreachable(errors.New("zoteroauth: what came is no key"))
	}
	return key, nil
}

// isKey accepts what Zotero's keys are made of: letters and digits, 24 of
// them today.
func isKey(s string) bool {
	return len(s) >= 8 && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// Rights are what a key may do for whom.
type Rights struct {
	UserID int64
	Read   bool // at least one library
	Write  bool // at least one library
	Own    bool // the person's own library can be read
	Groups bool // at least one group's can
}

// access is a section of what GET /keys/current says. Absent flags are no.
type access struct {
	Library bool `json:"library"`
	Write   bool `json:"write"`
}

// Rights returns what a key may do: GET /keys/current. The error has the code
// Unauthenticated for a key that is not good, else Unavailable.
func (s *Service) Rights(ctx context.Context, key string) (Rights, error) {
	body, err := s.keys(ctx, http.MethodGet, key)
	if err != nil {
		return Rights{}, err
	}
	var answer struct {
		UserID int64 `json:"userID"`
		Access struct {
			User   access            `json:"user"`
			Groups map[string]access `json:"groups"`
		} `json:"access"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.UserID <= 0 {
		return Rights{}, unreachable(fmt.Errorf("zoteroauth: an answer of %d bytes that names nobody", len(body)))
	}
	own := answer.Access.User
	r := Rights{UserID: answer.UserID, Own: own.Library, Write: own.Library && own.Write}
	for _, group := range answer.Access.Groups {
		r.Groups = r.Groups || group.Library
		r.Write = r.Write || group.Library && group.Write
	}
	r.Read = r.Own || r.Groups
	return r, nil
}

// Revoke deletes a key at Zotero: DELETE /keys/current. A key that is not
// there any more is deleted. The error has the code Unavailable.
func (s *Service) Revoke(ctx context.Context, key string) error {
	_, err := s.keys(ctx, http.MethodDelete, key)
	if library.CodeOf(err) == library.Unauthenticated {
		return nil
	}
	return err
}

// keys makes a request about the key that it carries.
func (s *Service) keys(ctx context.Context, method, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.options.APIURL+"/keys/current", nil)
	if err != nil {
		return nil, unreachable(err)
	}
	req.Header.Set("Zotero-API-Version", "3")
	req.Header.Set("Zotero-API-Key", key)
	req.Header.Set("User-Agent", "stackroom")
	res, err := s.options.HTTP.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusNotFound:
		return nil, library.Errorf(library.Unauthenticated, "Zotero does not take the key")
	case err != nil:
		return nil, unreachable(err)
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent:
		return nil, unreachable(fmt.Errorf("zoteroauth: status %d", res.StatusCode))
	}
	return body, nil
}

// unreachable is the error of a call that came to nothing. A refusal passes.
func unreachable(cause error) error {
	if refused := (*library.Error)(nil); errors.As(cause, &refused) {
		return refused
	}
	return library.Errorf(library.Unavailable, "Zotero does not answer as expected").
		WithHint("try again in a minute").WithRetryAfter(time.Minute).WithCause(cause)
}
