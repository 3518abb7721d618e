package latex

import (
	"slices"
	"strings"
)

// tagAt is a rich text tag, the position of its first byte, and its LaTeX.
type tagAt struct {
	at, length int
	latex      string
	// protects is the end of the text whose case a tag protects by itself.
	protects int
}

// maxTag is the length in bytes up to which something in angle brackets is
// taken for a tag.
const maxTag = 80

// matchedTags returns the tags in s that have their counterpart, in the order
// of s. Tags that cross and tags without one are left out, and so are those
// nested too deep.
func matchedTags(s string) []tagAt {
	var tags []tagAt
	var open []openTag
	for i := strings.IndexByte(s, '<'); i >= 0 && i < len(s); {
		name, source, n := tagAhead(s[i:])
		switch {
		case n == 0:
			n = 1
		case source != "":
			open = append(open, openTag{name: name, tagAt: tagAt{at: i, length: n, latex: source}})
		default:
			k := lastNamed(open, name)
			if k < 0 {
				break
			}
			if from := open[k].tagAt; from.latex != unknownTag && k < maxDepth/2 {
				if from.latex == "{" {
					from.protects = i
				}
				tags = append(tags, from, tagAt{at: i, length: n, latex: "}"})
			}
			open = open[:k]
		}
		i += n
		next := strings.IndexByte(s[i:], '<')
		if next < 0 {
			break
		}
		i += next
	}
	slices.SortFunc(tags, func(a, b tagAt) int { return a.at - b.at })
	return tags
}

// openTag is a tag whose end has not come yet.
type openTag struct {
	name string
	tagAt
}

// maxOpen bounds how many open tags are compared with an end.
const maxOpen = 256

func lastNamed(open []openTag, name string) int {
	for k := len(open) - 1; k >= max(0, len(open)-maxOpen); k-- {
		if open[k].name == name {
			return k
		}
	}
	return -1
}

// unknownTag stands for the LaTeX of a span that is none of Zotero's: its end
// must not be taken for another one's.
const unknownTag = "unknown"

// tagAhead returns the name of the tag that s begins with, the LaTeX that
// opens it ("" for the end of one), and its length, 0 if s begins with none.
func tagAhead(s string) (name, source string, length int) {
	end := strings.IndexByte(s[:min(len(s), maxTag)], '>')
	if end < 0 {
		return "", "", 0
	}
	inside := strings.ToLower(s[1:end])
	inside, closing := strings.CutPrefix(inside, "/")
	name, attributes, _ := strings.Cut(inside, " ")
	switch name {
	case "i", "em":
		source = `\textit{`
	case "b", "strong":
		source = `\textbf{`
	case "sub":
		source = `\textsubscript{`
	case "sup":
		source = `\textsuperscript{`
	case "sc":
		source = `\textsc{`
	case "span":
		source = unknownTag
		switch {
		case strings.Contains(attributes, "nocase"):
			source = "{"
		case strings.Contains(attributes, "small-caps") || strings.Contains(attributes, "smallcaps"):
			source = `\textsc{`
		}
	default:
		return "", "", 0
	}
	if closing {
		source = ""
	}
	return name, source, end + 1
}
