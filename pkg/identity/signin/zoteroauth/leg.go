package zoteroauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/dghubble/oauth1"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// config returns an OAuth 1.0a client for one call.
func (s *Service) config(ctx context.Context, callback string) *oauth1.Config {
	client := *s.options.HTTP
	client.Transport = leg{ctx, client.Transport}
	return &oauth1.Config{
		ConsumerKey:    s.options.ClientKey(),
		ConsumerSecret: s.options.ClientSecret(),
		CallbackURL:    callback,
		Endpoint:       oauth1.Endpoint{RequestTokenURL: s.options.OAuthURL + "/request", AccessTokenURL: s.options.OAuthURL + "/access"},
		HTTPClient:     &client,
	}
}

// leg is the transport of one OAuth request. The OAuth library supports neither
// contexts nor limits, and its errors quote responses.
type leg struct {
	ctx  context.Context
	next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (l leg) RoundTrip(req *http.Request) (*http.Response, error) {
	next := l.next
	if next == nil {
		next = http.DefaultTransport
	}
	res, err := next.RoundTrip(req.WithContext(l.ctx))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusBadRequest:
		return nil, library.Errorf(library.Unauthenticated, "Zotero rejected the sign-in").
			WithHint("start again").WithCause(fmt.Errorf("zoteroauth: status %d", res.StatusCode))
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated:
		return nil, fmt.Errorf("zoteroauth: status %d", res.StatusCode)
	}
	body, err = confirmed(body)
	if err != nil {
		return nil, err
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, nil
}

// confirmed adds oauth_callback_confirmed to a response without it: the library
// requires it, and Zotero's documentation does not promise it. The attack that
// it prevents is not possible here, because Finish needs a verifier and the
// browser that began the sign-in.
func confirmed(body []byte) ([]byte, error) {
	values, err := url.ParseQuery(strings.TrimSpace(string(body)))
	if err != nil {
		return nil, errors.New("zoteroauth: the response is not a form")
	}
	if !values.Has("oauth_callback_confirmed") {
		values.Set("oauth_callback_confirmed", "true")
	}
	return []byte(values.Encode()), nil
}
