package view

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestAll(t *testing.T) {
	views, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(views) != 5 {
		t.Errorf("%d views", len(views))
	}
	for _, v := range views {
		if v.URI != "ui://stackroom/"+v.Name+".html" || strings.Contains(v.HTML, "{{") || !strings.HasPrefix(v.HTML, "<!doctype html>") {
			t.Errorf("%s at %s: %.100s", v.Name, v.URI, v.HTML)
		}
		if len(v.HTML) > 20_000 {
			t.Errorf("%s has %d bytes", v.Name, len(v.HTML))
		}
		root, err := html.Parse(strings.NewReader(v.HTML))
		if err != nil {
			t.Fatal(err)
		}
		scripts := 0
		for n := range root.Descendants() {
			switch {
			case n.Data == "script" && n.Type == html.ElementNode:
				scripts++
			case n.Data == "link", n.Data == "img", n.Data == "iframe":
				t.Errorf("%s loads something by <%s>", v.Name, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "src" || a.Key == "href" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: %s=%q", v.Name, a.Key, a.Val)
				}
			}
		}
		if scripts != 1 || !strings.Contains(v.HTML, `host.start("`+v.Name+`"`) {
			t.Errorf("%s has %d scripts", v.Name, scripts)
		}
	}
}

// TestScripts_TakeTextAsText holds that no script has a way to make HTML or code of
// a text, or to reach a network.
func TestScripts_TakeTextAsText(t *testing.T) {
	scripts, err := filepath.Glob("*.js")
	if err != nil || len(scripts) != 6 {
		t.Fatal(scripts, err)
	}
	banned := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML|srcdoc|\beval\b|new Function|setTimeout\(["'` + "`" + `]|javascript:|fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|importScripts|\.src\b|\.href\b|url\(|localStorage|document\.cookie`)
	for _, name := range append(scripts, "view.css", "frame.html") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := banned.FindAllString(string(text), -1); found != nil {
			t.Errorf("%s has %q", name, found)
		}
		if other := regexp.MustCompile(`https?://[a-z]`).FindString(string(text)); other != "" {
			t.Errorf("%s names a host: %s", name, other)
		}
	}
}

func TestBuild_RefusesAScriptThatEnds(t *testing.T) {
	if _, err := build(&View{Name: "none"}); err == nil {
		t.Error("a view without a script is built")
	}
}
