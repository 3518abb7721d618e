package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCount(t *testing.T) {
	for _, c := range []struct {
		name, events string
		rows, said   string
	}{{
		"tests and subtests count one each, packages nothing",
		`{"Action":"run","Package":"p","Test":"TestA"}
		{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
		{"Action":"pass","Package":"p","Test":"TestA/sub"}
		{"Action":"pass","Package":"p","Test":"TestA"}
		{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
		{"Action":"pass","Package":"p"}`,
		"pass\tp.TestA/sub\npass\tp.TestA\n",
		"",
	}, {
		"a failed test shows what it said and its package does not count again",
		`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
		{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: wrong\n"}
		{"Action":"output","Package":"p","Test":"TestB","Output":"of another test\n"}
		{"Action":"fail","Package":"p","Test":"TestA"}
		{"Action":"fail","Package":"p"}`,
		"fail\tp.TestA\n",
		"FAIL  p.TestA\n=== RUN   TestA\n    a_test.go:1: wrong\n",
	}, {
		"a skipped test gives its reason",
		`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
		{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: no fixtures\n"}
		{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
		{"Action":"skip","Package":"p","Test":"TestA"}`,
		"skip\tp.TestA\n",
		"skip  p.TestA: a_test.go:1: no fixtures\n",
	}, {
		"a package without test files counts nothing",
		`{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}
		{"Action":"skip","Package":"p"}`,
		"",
		"",
	}, {
		"a package that does not build or dies is a failure",
		`{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1:1: syntax error\n"}
		{"ImportPath":"p [p.test]","Action":"build-fail"}
		{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
		{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
		"fail\tp\n",
		"p.go:1:1: syntax error\nFAIL  p\nFAIL\tp [build failed]\n",
	}, {
		"a test that never ended is a failure",
		`{"Action":"run","Package":"p","Test":"TestA"}
		{"Action":"output","Package":"p","Test":"TestA","Output":"panic: test timed out\n"}
		{"Action":"fail","Package":"p","Test":"TestA"}
		{"Action":"fail","Package":"p"}`,
		"fail\tp.TestA\n",
		"FAIL  p.TestA\npanic: test timed out\n",
	}, {
		"what is no event is passed on",
		"go: no such tool\n",
		"",
		"go: no such tool\n",
	}} {
		t.Run(c.name, func(t *testing.T) {
			var rows, said strings.Builder
			if err := count(strings.NewReader(c.events), &rows, &said); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.rows, rows.String()); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.said, said.String()); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
}
