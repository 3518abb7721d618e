package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// leastSignedIn is what signing in may cost, as a share of the calls of a
// server that admits every caller.
const leastSignedIn = 0.90

// againstOneKey compares Stackroom where each caller signs in with Zotero with
// one that admits every caller with one key, over the same libraries.
func (b *bench) againstOneKey(ctx context.Context) ([]kind, []comparison, error) {
	stand, err := newStandIn(b.items)
	if err != nil {
		return nil, nil, err
	}
	person := signintest.User{ID: 1, Name: "loadtest"}
	zotero := &signintest.Zotero{ClientKey: "appkey", ClientSecret: "appsecret", Users: []signintest.User{person}, Other: stand}
	open, err1 := serveHere(ctx, stand)
	closed, err2 := serveHere(ctx, zotero)
	addr, err3 := freeAddr(ctx)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return nil, nil, err
		}
	}
	data := "STACKROOM_DATA=" + b.dir + "/data"
	anonymous, err := b.serve(ctx, "anonymous", data, "RATE_LIMIT_MAX=0", "STACKROOM_AUTH=none", "ZOTERO_URL="+open, "ZOTERO_API_KEY=loadtest")
	if err != nil {
		return nil, nil, err
	}
	master := make([]byte, 32)
	_, _ = rand.Read(master) // never fails
	members, err := b.serveAt(ctx, addr, "members", data, "RATE_LIMIT_MAX=0", "STACKROOM_AUTH=zotero", "STACKROOM_PUBLIC_URL=http://"+addr,
		"STACKROOM_MASTER_KEY="+base64.StdEncoding.EncodeToString(master), "ZOTERO_URL="+closed, "ZOTERO_OAUTH_URL="+closed+"/oauth",
		"ZOTERO_OAUTH_CLIENT_KEY=appkey", "ZOTERO_OAUTH_CLIENT_SECRET=appsecret")
	if err != nil {
		return nil, nil, err
	}
	token, err := signIn(ctx, "http://"+addr, signintest.NewPerson(person.ID, nil))
	if err != nil {
		return nil, nil, fmt.Errorf("signing in: %w", err)
	}
	calls := searchCalls(b.options.era, b.queries)
	kinds := []kind{
		{name: "search, not signed in", target: anonymous, requests: calls},
		{name: "search, signed in with Zotero", target: members, requests: withBearer(calls, token)},
	}
	return kinds, []comparison{{name: "signed in / not signed in", of: 1, to: 0, atLeast: leastSignedIn}}, nil
}

// withBearer adds a token to requests.
func withBearer(requests [][]byte, token string) [][]byte {
	all := make([][]byte, len(requests))
	for i, r := range requests {
		all[i] = bytes.Replace(r, []byte("\r\n"), []byte("\r\nAuthorization: Bearer "+token+"\r\n"), 1)
	}
	return all
}

// callback is where a client is sent back to. No server listens there: the code
// is read from the address.
const callback = "http://127.0.0.1:1/callback"

// signIn registers a client and signs a person in. It returns the access
// token.
func signIn(ctx context.Context, issuer string, person *signintest.Person) (string, error) {
	client, err := register(ctx, issuer)
	if err != nil {
		return "", err
	}
	config := oauth2.Config{
		ClientID: client, RedirectURL: callback, Scopes: []string{"library:read"},
		Endpoint: oauth2.Endpoint{AuthURL: issuer + "/authorize", TokenURL: issuer + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	verifier, resource := oauth2.GenerateVerifier(), oauth2.SetAuthURLParam("resource", issuer+"/mcp")
	back, err := person.SignIn(ctx, config.AuthCodeURL(rand.Text(), oauth2.S256ChallengeOption(verifier), resource))
	if err != nil {
		return "", err
	}
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier), resource)
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// register registers a client and returns its ID (RFC 7591).
func register(ctx context.Context, issuer string) (string, error) {
	body := `{"client_name":"loadtest","redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"none"}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, issuer+"/register", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer struct {
		ID string `json:"client_id"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("registering: %s", res.Status)
	}
	return answer.ID, nil
}
