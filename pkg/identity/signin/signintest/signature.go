package signintest

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature method of OAuth 1.0a that Zotero uses
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// authorization parses the OAuth parameters of a request's header (RFC 5849,
// section 3.5.1).
func authorization(r *http.Request) map[string]string {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth ")
	if !ok {
		return nil
	}
	parameters := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		decoded, err := url.PathUnescape(strings.Trim(value, `"`))
		if err != nil {
			return nil
		}
		parameters[name] = decoded
	}
	return parameters
}

// signed returns the OAuth parameters of a request, and reports whether the
// application signed it with HMAC-SHA1 under its secret and the token's
// (section 3.4), with a current time and a new nonce.
func (z *Zotero) signed(r *http.Request, secret string) (map[string]string, bool) {
	p := authorization(r)
	at, err := strconv.ParseInt(p["oauth_timestamp"], 10, 64)
	if p["oauth_consumer_key"] != z.ClientKey || p["oauth_signature_method"] != "HMAC-SHA1" || err != nil || time.Since(time.Unix(at, 0)).Abs() > fresh {
		return p, false
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if p["oauth_nonce"] == "" || z.nonces[p["oauth_nonce"]] {
		return p, false
	}
	z.nonces[p["oauth_nonce"]] = true
	var pairs []string
	for name, value := range p {
		if name != "oauth_signature" && name != "realm" {
			pairs = append(pairs, encoded(name)+"="+encoded(value))
		}
	}
	slices.Sort(pairs)
	base := r.Method + "&" + encoded("http://"+r.Host+r.URL.Path) + "&" + encoded(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(encoded(z.ClientSecret)+"&"+encoded(secret)))
	mac.Write([]byte(base))
	return p, hmac.Equal([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), []byte(p["oauth_signature"]))
}

// encoded returns s percent-encoded as in section 3.6.
func encoded(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
