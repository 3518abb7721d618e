package pdf

import (
	"math"
	"strings"
	"testing"
)

const layout = `<html><head><title>A &amp; B</title><meta name="Author" content="C"/></head><body><doc><page width="612" height="792"><flow><block><line xMin="1" yMin="2" xMax="30" yMax="4">
<word xMin="1" yMin="2" xMax="10" yMax="4">One</word><word xMin="12" yMin="2" xMax="30" yMax="4">t&#x1;wo</word></line></block></flow></page></doc></body></html>`

func FuzzLayout(f *testing.F) {
	f.Add([]byte(layout))
	f.Add([]byte("<word>x</word><line/><page width='NaN'><word xMin='1e99'>\x00\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := parseLayout(text)
		if err != nil {
			return
		}
		for _, p := range doc.Pages {
			for _, l := range p.Lines {
				if h := l.Height(); math.IsNaN(h) || h < 0 || math.IsInf(h, 0) || strings.ContainsRune(l.String(), 0) {
					t.Errorf("%+v", l)
				}
			}
		}
	})
}
