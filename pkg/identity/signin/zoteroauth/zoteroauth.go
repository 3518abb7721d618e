// Package zoteroauth authenticates people with Zotero: OAuth 1.0a for a key
// (RFC 5849, https://www.zotero.org/support/dev/web_api/v3/oauth), the rights
// of a key, and its deletion.
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

// Options configures a [Service].
type Options struct {
	OAuthURL string // https://www.zotero.org/oauth
	APIURL   string // https://api.zotero.org
	// ClientKey and ClientSecret return the application's current credentials
	// at Zotero.
	ClientKey, ClientSecret func() string
	// HTTP sends the requests; nil is a client that follows no redirects. Each
	// call has a timeout of 15 s.
	HTTP *http.Client
}

// Bounds of a call to Zotero.
const (
	timeout   = 15 * time.Second
	maxAnswer = 64 << 10
)

// Service is a client of Zotero's sign-in. It is safe for concurrent use.
type Service struct {
	options   Options
	authorize *url.URL
}

// New returns a service for the URLs in o.
func New(o Options) (*Service, error) {
	o.OAuthURL, o.APIURL = strings.TrimSuffix(o.OAuthURL, "/"), strings.TrimSuffix(o.APIURL, "/")
	authorize, err := url.Parse(o.OAuthURL + "/authorize")
	if err != nil || authorize.Host == "" || o.APIURL == "" || o.ClientKey == nil || o.ClientSecret == nil {
		return nil, errors.New("zoteroauth: the URLs of Zotero and the application's key and secret are required")
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{
			Transport:     upstream.NewTransport(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Service{options: o, authorize: authorize}, nil
}

// Origin returns scheme and host of Zotero's consent page.
func (s *Service) Origin() string { return s.authorize.Scheme + "://" + s.authorize.Host }

// Ticket is a request token with its secret, for one sign-in.
type Ticket struct {
	Token  string `json:"t"`
	Secret string `json:"s"`
}

// Begin returns a ticket for a sign-in that returns to callback. The error has
// the code Unavailable.
func (s *Service) Begin(ctx context.Context, callback string) (Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	token, secret, err := s.config(ctx, callback).RequestToken()
	if err != nil {
		return Ticket{}, unreachable(err)
	}
	return Ticket{token, secret}, nil
}

// AuthorizeURL returns the URL of Zotero's consent page. With write it requests
// a key that may write; without, one that reads the person's library, notes and
// groups, the least that the tools need. People can change the rights on that
// page.
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

// Finish exchanges a ticket and Zotero's verifier for a key. The error has the
// code Unauthenticated if Zotero rejects them, else Unavailable.
func (s *Service) Finish(ctx context.Context, t Ticket, verifier string) (key string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, key, err = s.config(ctx, "").AccessToken(t.Token, t.Secret, verifier)
	if err != nil {
		return "", unreachable(err)
	}
	if !isKey(key) {
		return "", unreachable(errors.New("zoteroauth: the response has no valid key"))
	}
	return key, nil
}

// isKey reports whether s has the form of a Zotero key: letters and digits, 24
// of them today.
func isKey(s string) bool {
	return len(s) >= 8 && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// Rights are the rights of a key and its owner.
type Rights struct {
	UserID int64
	Read   bool // at least one library
	Write  bool // at least one library
	Own    bool // the person's own library can be read
	Groups bool // at least one group's can
}

// access is a section of the response of GET /keys/current. Missing flags are
// false.
type access struct {
	Library bool `json:"library"`
	Write   bool `json:"write"`
}

// Rights returns the rights of a key: GET /keys/current. The error has the code
// Unauthenticated for an invalid key, else Unavailable.
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
		return Rights{}, unreachable(fmt.Errorf("zoteroauth: a response of %d bytes without a user", len(body)))
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

// Revoke deletes a key at Zotero: DELETE /keys/current. A key that no longer
// exists is no error. The error has the code Unavailable.
func (s *Service) Revoke(ctx context.Context, key string) error {
	_, err := s.keys(ctx, http.MethodDelete, key)
	if library.CodeOf(err) == library.Unauthenticated {
		return nil
	}
	return err
}

// keys sends a request about the key that authenticates it.
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
		return nil, library.Errorf(library.Unauthenticated, "Zotero rejects the key")
	case err != nil:
		return nil, unreachable(err)
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent:
		return nil, unreachable(fmt.Errorf("zoteroauth: status %d", res.StatusCode))
	}
	return body, nil
}

// unreachable returns the error of a failed call. It returns a rejection
// unchanged.
func unreachable(cause error) error {
	if refused := (*library.Error)(nil); errors.As(cause, &refused) {
		return refused
	}
	return library.Errorf(library.Unavailable, "Zotero's response is invalid").
		WithHint("try again in a minute").WithRetryAfter(time.Minute).WithCause(cause)
}
