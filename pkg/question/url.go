package question

import (
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxURLBytes bounds an address as it is compared; of a longer one the rest
// counts as a hash.
const maxURLBytes = 200

// NormalURL returns an address in the form in which addresses are compared:
// without scheme, "www.", a slash at the end, fragment and tracking parameters,
// its host in lower case, its parameters sorted.
func NormalURL(s string) (ID, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 16*maxIDBytes || strings.ContainsAny(s, " \t\r\n\"<>") {
		return ID{}, false
	}
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+len("://"):]
	}
	s, _, _ = strings.Cut(s, "#")
	s, query, _ := strings.Cut(s, "?")
	host, path, _ := strings.Cut(s, "/")
	if host = hostOf(host); host == "" {
		return ID{}, false
	}
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	out := host + "/" + strings.Trim(path, "/")
	if query := parameters(query); query != "" {
		out += "?" + query
	}
	out = strings.TrimSuffix(out, "/")
	if len(out) > maxURLBytes {
		h := fnv.New64a()
		_, _ = h.Write([]byte(out))
		out = out[:maxURLBytes] + "#" + strconv.FormatUint(h.Sum64(), 16)
	}
	return ID{URL, out}, true
}

// hostOf returns a host without user, default port and "www.".
func hostOf(s string) string {
	s = strings.ToLower(s[strings.LastIndexByte(s, '@')+1:])
	s = strings.TrimSuffix(strings.TrimSuffix(s, ":80"), ":443")
	s = strings.TrimPrefix(s, "www.")
	if s == "dx.doi.org" {
		return "doi.org"
	}
	return strings.TrimSuffix(s, ".")
}

// parameters returns the parameters of an address that tell pages apart.
func parameters(query string) string {
	var kept []string
	for p := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(p, "="); p != "" && !tracking(strings.ToLower(name)) {
			kept = append(kept, p)
		}
	}
	slices.Sort(kept)
	return strings.Join(kept, "&")
}

// tracking reports whether a parameter says only how a reader came.
func tracking(name string) bool {
	switch name {
	case "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid", "twclid",
		"_ga", "_gl", "_hsenc", "_hsmi", "hss_channel", "ref_src", "ref_url", "cmpid", "spm", "vero_id", "si":
		return true
	}
	return strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "pk_") || strings.HasPrefix(name, "mtm_")
}
