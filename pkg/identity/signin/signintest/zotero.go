// Package signintest simulates Zotero's sign-in, from its documentation, and a
// person who signs in. It is for tests and CI only.
package signintest

import (
	"crypto/rand"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// User is a user of Zotero.
type User struct {
	ID     int64
	Name   string
	Groups []int64 // the user's groups
}

// Zotero simulates www.zotero.org/oauth and the keys of api.zotero.org. Serve
// it, and set ZOTERO_URL to its URL and ZOTERO_OAUTH_URL to its URL with
// "/oauth". It checks each signature, time and nonce (RFC 5849). Set the fields
// before serving.
type Zotero struct {
	ClientKey, ClientSecret string
	Users                   []User
	// Grants, if set, changes the granted rights: people can change them, and
	// Zotero sometimes grants groups that were not requested.
	Grants func(asked url.Values)
	// Unconfirmed leaves out oauth_callback_confirmed.
	Unconfirmed bool
	// Other serves API requests that are not about keys.
	Other http.Handler

	mu      sync.Mutex
	tickets map[string]*ticket
	keys    map[string]*key
	nonces  map[string]bool
	down    bool
	keep    bool
}

// ticket is a request token.
type ticket struct {
	secret, callback, verifier, key string
}

// key is a granted key.
type key struct {
	User                          User
	Library, Notes, Write, Groups bool
	GroupsWrite                   bool
}

// ServeHTTP implements [http.Handler].
func (z *Zotero) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	down := z.down
	z.prepare()
	z.mu.Unlock()
	if down {
		http.Error(w, "The service is down", http.StatusServiceUnavailable)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /oauth/request":
		z.request(w, r)
	case "GET /oauth/authorize":
		z.ask(w, r)
	case "POST /oauth/authorize":
		z.decide(w, r)
	case "POST /oauth/access":
		z.access(w, r)
	case "GET /keys/current", "DELETE /keys/current":
		z.current(w, r)
	default:
		if z.Other == nil {
			http.NotFound(w, r)
			return
		}
		z.Other.ServeHTTP(w, r)
	}
}

// request issues a request token.
func (z *Zotero) request(w http.ResponseWriter, r *http.Request) {
	p, ok := z.signed(r, "")
	callback, err := url.Parse(p["oauth_callback"])
	if !ok || err != nil || callback.Host == "" {
		http.Error(w, "oauth_problem=signature_invalid", http.StatusUnauthorized)
		return
	}
	token, secret := rand.Text(), rand.Text()
	z.mu.Lock()
	z.tickets[token] = &ticket{secret: secret, callback: p["oauth_callback"]}
	z.mu.Unlock()
	answer := url.Values{"oauth_token": {token}, "oauth_token_secret": {secret}}
	if !z.Unconfirmed {
		answer.Set("oauth_callback_confirmed", "true")
	}
	_, _ = w.Write([]byte(answer.Encode()))
}

// authorizePage is Zotero's consent page: the user and the rights, filled in
// from the request.
var authorizePage = template.Must(template.New("authorize").Parse(`<!doctype html><html lang="en"><title>Zotero</title>
<h1>Allow {{.Name}} to access your library?</h1>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="oauth_token" value="{{.Token}}">
<label>You are <select name="user">{{range .Users}}<option value="{{.ID}}">{{.Name}}</option>{{end}}</select></label>
<label>library_access <input name="library_access" value="{{.Q.Get "library_access"}}"></label>
<label>notes_access <input name="notes_access" value="{{.Q.Get "notes_access"}}"></label>
<label>write_access <input name="write_access" value="{{.Q.Get "write_access"}}"></label>
<label>all_groups <input name="all_groups" value="{{.Q.Get "all_groups"}}"></label>
<button name="decision" value="accept">Accept</button> <button name="decision" value="deny">Deny</button>
</form>`))

// ask serves the consent page.
func (z *Zotero) ask(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	z.mu.Lock()
	t := z.tickets[q.Get("oauth_token")]
	z.mu.Unlock()
	if t == nil {
		http.Error(w, "Invalid token", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = authorizePage.Execute(w, map[string]any{"Name": q.Get("name"), "Token": q.Get("oauth_token"), "Users": z.Users, "Q": q})
}

// decide serves the submitted form.
func (z *Zotero) decide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "Bad form", http.StatusBadRequest)
		return
	}
	f := r.PostForm
	z.mu.Lock()
	defer z.mu.Unlock()
	t := z.tickets[f.Get("oauth_token")]
	user, ok := z.user(f.Get("user"))
	if t == nil || t.verifier != "" || !ok {
		http.Error(w, "Invalid token", http.StatusBadRequest)
		return
	}
	back, _ := url.Parse(t.callback) // request has parsed it
	q := back.Query()
	q.Set("oauth_token", f.Get("oauth_token"))
	if f.Get("decision") == "accept" {
		if z.Grants != nil {
			z.Grants(f)
		}
		t.verifier, t.key = rand.Text(), strings.ToLower(rand.Text())[:24]
		z.keys[t.key] = granted(user, f)
		q.Set("oauth_verifier", t.verifier)
	} else {
		delete(z.tickets, f.Get("oauth_token"))
	}
	back.RawQuery = q.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func granted(user User, f url.Values) *key {
	groups := f.Get("all_groups")
	return &key{
		User: user, Library: f.Get("library_access") == "1", Notes: f.Get("notes_access") == "1", Write: f.Get("write_access") == "1",
		Groups: groups == "read" || groups == "write", GroupsWrite: groups == "write",
	}
}

// user returns the user with an ID. The caller holds the lock.
func (z *Zotero) user(id string) (User, bool) {
	for _, u := range z.Users {
		if strconv.FormatInt(u.ID, 10) == id {
			return u, true
		}
	}
	return User{}, false
}

// access issues the key for a request token and its verifier, once.
func (z *Zotero) access(w http.ResponseWriter, r *http.Request) {
	token := authorization(r)["oauth_token"]
	z.mu.Lock()
	t := z.tickets[token]
	z.mu.Unlock()
	if t == nil {
		http.Error(w, "oauth_problem=token_rejected", http.StatusUnauthorized)
		return
	}
	p, ok := z.signed(r, t.secret)
	if !ok || t.verifier == "" || p["oauth_verifier"] != t.verifier {
		http.Error(w, "oauth_problem=permission_denied", http.StatusUnauthorized)
		return
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.tickets[token] != t { // another request was faster
		http.Error(w, "oauth_problem=token_used", http.StatusUnauthorized)
		return
	}
	delete(z.tickets, token)
	user := z.keys[t.key].User
	_, _ = w.Write([]byte(url.Values{
		"oauth_token": {t.key}, "oauth_token_secret": {t.key}, "userID": {strconv.FormatInt(user.ID, 10)}, "username": {user.Name},
	}.Encode()))
}

// current returns the rights of a key, or deletes it.
func (z *Zotero) current(w http.ResponseWriter, r *http.Request) {
	name := r.Header.Get("Zotero-API-Key")
	z.mu.Lock()
	defer z.mu.Unlock()
	k := z.keys[name]
	if k == nil {
		http.Error(w, "Invalid key", http.StatusForbidden)
		return
	}
	if r.Method == http.MethodDelete && z.keep {
		http.Error(w, "Not now", http.StatusInternalServerError)
		return
	}
	if r.Method == http.MethodDelete {
		delete(z.keys, name)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	type rights map[string]bool
	access := map[string]any{}
	if k.Library {
		user := rights{"library": true, "files": true}
		if k.Notes {
			user["notes"] = true
		}
		if k.Write {
			user["write"] = true
		}
		access["user"] = user
	}
	if k.Groups {
		all := rights{"library": true}
		if k.GroupsWrite {
			all["write"] = true
		}
		access["groups"] = map[string]rights{"all": all}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"key": name, "userID": k.User.ID, "username": k.User.Name, "access": access})
}

// prepare allocates the maps. The caller holds the lock.
func (z *Zotero) prepare() {
	if z.tickets == nil {
		z.tickets, z.keys, z.nonces = map[string]*ticket{}, map[string]*key{}, map[string]bool{}
	}
}

// Give returns a new key that reads everything that a user may read, like one
// made by hand at zotero.org.
func (z *Zotero) Give(u User) string {
	return z.give(&key{User: u, Library: true, Notes: true, Groups: true})
}

// GiveWriting returns a new key that also changes everything that a user may read.
func (z *Zotero) GiveWriting(u User) string {
	return z.give(&key{User: u, Library: true, Notes: true, Groups: true, Write: true, GroupsWrite: true})
}

func (z *Zotero) give(k *key) string {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.prepare()
	name := strings.ToLower(rand.Text())[:24]
	z.keys[name] = k
	return name
}

// Keys returns the valid keys of a user.
func (z *Zotero) Keys(user int64) []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	var names []string
	for name, k := range z.keys {
		if k.User.ID == user {
			names = append(names, name)
		}
	}
	return names
}

// Revoke deletes every key of a user, as the owner can at zotero.org.
func (z *Zotero) Revoke(user int64) {
	for _, name := range z.Keys(user) {
		z.mu.Lock()
		delete(z.keys, name)
		z.mu.Unlock()
	}
}

// SetDown sets whether every request fails.
func (z *Zotero) SetDown(down bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.down = down
}

// KeepKeys sets whether requests to delete a key fail.
func (z *Zotero) KeepKeys(keep bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.keep = keep
}

// fresh is the accepted difference of a signature's time.
const fresh = 5 * time.Minute
