package main

import "testing"

func TestTheHeapGrowsByHeadroomAtMost(t *testing.T) {
	for _, test := range []struct {
		name string
		live uint64 // in MB
		want int    // in percent
	}{
		{"nothing yet", 0, 220}, {"a sample", 10, 220}, {"a library", 44, 100}, {"a large one", 1024, leastPercent},
	} {
		got := paceOf(test.live << 20)
		if got != test.want {
			t.Errorf("%s: %d %%, want %d", test.name, got, test.want)
		}
		if grown := test.live << 20 * uint64(got) / 100; got > leastPercent && grown > headroom {
			t.Errorf("%s: the heap may grow by %d bytes", test.name, grown)
		}
	}
	if got := pace(); got < leastPercent || got > 100*headroom/leastLive {
		t.Errorf("this program's own pace is %d %%", got)
	}
}
