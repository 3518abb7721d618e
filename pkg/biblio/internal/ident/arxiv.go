package ident

import (
	"regexp"
	"strings"
)

var arxivPattern = regexp.MustCompile(`(?i)^(?:https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*)?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z][a-z-]*(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)(?:\.pdf)?(?:\s*\[([a-zA-Z., -]+)\])?$`)

// ArXiv returns the arXiv identifier in s and the classes after it, in their
// order: "arXiv:2005.14017v2 [cs, eess]" gives "2005.14017v2" and cs, eess. It
// is false for anything else.
func ArXiv(s string) (id string, classes []string, ok bool) {
	m := arxivPattern.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return "", nil, false
	}
	for class := range strings.SplitSeq(m[2], ",") {
		if class = strings.TrimSpace(class); class != "" {
			classes = append(classes, class)
		}
	}
	return m[1], classes, true
}
