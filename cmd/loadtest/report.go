package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report prints the table, as Markdown.
func report(w io.Writer, o options, queries int, kinds []kind) {
	fmt.Fprintf(w, "%d connections, %d rounds of %s each, %d different queries, %s era, %d cores, %s\n\n",
		o.connections, o.rounds, o.round, queries, o.era, runtime.NumCPU(), runtime.Version())
	fmt.Fprintln(w, "| | calls/s per core | ms of processor a call | calls | calls/s | failed | p50 | p99 | peak RSS |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|")
	for _, k := range kinds {
		var calls, failed int64
		var wall time.Duration
		for _, r := range k.rounds {
			calls, failed, wall = calls+r.calls, failed+r.failed, wall+r.wall
		}
		per := median(k.rounds, round.perCore)
		fmt.Fprintf(w, "| %s | %.0f | %.3f | %d | %.0f | %d | %s | %s | %d MB |\n", k.name, per, 1000/per, calls, float64(calls)/wall.Seconds(), failed,
			median(k.rounds, func(r round) time.Duration { return r.p50 }).Round(10*time.Microsecond),
			median(k.rounds, func(r round) time.Duration { return r.p99 }).Round(10*time.Microsecond),
			k.target.peakMemory()>>20)
	}
	fmt.Fprintln(w)
}

// comparison is one kind's calls per core over another's.
type comparison struct {
	name    string
	of, to  int     // which kinds
	atLeast float64 // what the ratio must reach; 0 is anything
}

// judge prints the ratios. It fails if one is less than it must be, or calls
// failed.
func judge(w io.Writer, kinds []kind, all []comparison) error {
	var faults []error
	for _, c := range all {
		got := ratio(kinds[c.of], kinds[c.to])
		fmt.Fprintf(w, "%s: %.3f (round by round%s)\n", c.name, got, rounds(kinds[c.of], kinds[c.to]))
		if got < c.atLeast {
			faults = append(faults, fmt.Errorf("%s is %.3f and must be at least %.2f", c.name, got, c.atLeast))
		}
	}
	for _, k := range kinds {
		for _, r := range k.rounds {
			if r.failed > 0 {
				faults = append(faults, fmt.Errorf("%s: %d of %d calls failed", k.name, r.failed, r.calls))
			}
		}
	}
	return errors.Join(faults...)
}

// perCore is calls for each second of processor time.
func (r round) perCore() float64 { return float64(r.calls) / r.cpu.Seconds() }

// ratio is the median of a's calls per core over b's, round by round.
func ratio(a, b kind) float64 {
	ratios := []float64{}
	for i := range a.rounds {
		ratios = append(ratios, a.rounds[i].perCore()/b.rounds[i].perCore())
	}
	return median(ratios, func(f float64) float64 { return f })
}

func rounds(a, b kind) string {
	var s strings.Builder
	for i := range a.rounds {
		s.WriteString(fmt.Sprintf(" %.2f", a.rounds[i].perCore()/b.rounds[i].perCore()))
	}
	return s.String()
}

// median returns the median of what f makes of each.
func median[T any, N cmp.Ordered](all []T, f func(T) N) N {
	values := make([]N, len(all))
	for i, x := range all {
		values[i] = f(x)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
