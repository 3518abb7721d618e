package csl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// leastRatio is how many times faster than citeproc-js rendering must be.
const leastRatio = 20

// TestSpeed compares with the times of citeproc-js in the file that
// STACKROOM_CSL_SPEED names, which were taken on the same machine just before:
// 1,000 works in APA, and one citation.
func TestSpeed(t *testing.T) {
	file := os.Getenv("STACKROOM_CSL_SPEED")
	if file == "" {
		t.Skip("STACKROOM_CSL_SPEED is not set: the times of citeproc-js are not at hand")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var theirs struct {
		Works                  []csl.Item
		Bibliography, Citation float64 // seconds
	}
	if err := json.Unmarshal(data, &theirs); err != nil {
		t.Fatal(err)
	}
	folder := fixtures(t)
	locales := &localeFolder{filepath.Join(folder, "locales"), map[string]*csl.Locale{}}
	p, err := csl.NewProcessor(parseStyleFile(t, filepath.Join(folder, "styles", "apa.csl")), locales, csl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bibliography := fastest(6, 1, func() {
		for _, e := range p.Bibliography(theirs.Works).Entries {
			_ = e.Text.HTML()
		}
	})
	cluster := csl.Cluster{Cites: []csl.Cite{{ID: theirs.Works[0].ID, Locator: "12"}}}
	citation := fastest(20, 200, func() { _ = p.Cite(cluster, theirs.Works[:1]).HTML() })
	t.Logf("%d works take %.3f s, %.0f times faster than citeproc-js", len(theirs.Works), bibliography, theirs.Bibliography/bibliography)
	t.Logf("a citation takes %.1f µs, %.0f times faster than citeproc-js", citation*1e6, theirs.Citation/citation)
	if theirs.Bibliography < leastRatio*bibliography || theirs.Citation < leastRatio*citation {
		t.Errorf("citeproc-js takes %.3f s and %.1f µs: it must take %d times as long", theirs.Bibliography, theirs.Citation*1e6, leastRatio)
	}
}

// fastest returns the seconds of one run, from the fastest of some series.
func fastest(series, runs int, run func()) float64 {
	best := time.Duration(0)
	for range series {
		start := time.Now()
		for range runs {
			run()
		}
		if took := time.Since(start); best == 0 || took < best {
			best = took
		}
	}
	return best.Seconds() / float64(runs)
}
