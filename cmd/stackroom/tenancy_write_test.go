package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// given is a plan or a receipt, and the member who got it.
type given struct {
	member *member
	text   string
}

// writeCalls are calls of the tools that write, with how they end; LIBRARY, MARK and
// NAME stand for a library, its mark and a name of the member's own, ITEM and OTHER for two works.
// A call without an argument for a plan or receipt is given the one before.
var writeCalls = []struct{ tool, arguments, status string }{
	{"write_note", `{"id":"ITEM","text":"A note of MARK"}`, "done"},
	{"undo_changes", `{"receipt":"RECEIPT"}`, "done"},
	{"update_items", `{"ids":["ITEM"],"add_tags":["NAME of MARK"]}`, "done"},
	{"add_items", `{"library":"LIBRARY","works":"@book{x, title={NAME of MARK}, year=1918}"}`, "done"},
	{"organize", `{"library":"LIBRARY","action":"make_collection","name":"NAME of MARK"}`, "done"},
	{"trash_items", `{"ids":["ITEM"]}`, "planned"},
	{"merge_items", `{"keep":"ITEM","duplicates":["OTHER"]}`, "planned"},
	{"organize", `{"library":"LIBRARY","action":"remove_tags","tags":["tag MARK"]}`, "planned"},
	{"update_items", `{"ids":["ITEM"],"fields":{"language":"NAME of MARK"}}`, "planned"},
	{"apply_changes", `{"plan":"PLAN"}`, "done"},
	{"annotate", `{"id":"ITEM","quote":"whole text of MARK"}`, ""}, // the stand-in keeps no files
	{"recent_changes", `{"library":"LIBRARY","receipts":true,"limit":1%s}`, ""},
}

// plans and receipts match what an answer of a tool that writes gives.
var (
	plans    = regexp.MustCompile(`"plan":"(plan_[^"]+)"`)
	receipts = regexp.MustCompile(`"receipt":"([^"]+)"`)
)

// writes calls the tools that write for one of the member's own libraries. Others may
// change the same group at the same time: then a call ends in another way.
func (x *tenancy) writes(m *member, s signedIn) {
	id := m.libraries[m.dice.IntN(len(m.libraries))]
	kind, number, _ := strings.Cut(id, ":")
	works := m.dice.Perm(worksEach)
	var plan, receipt string
	for _, c := range writeCalls {
		template := strings.NewReplacer(
			"LIBRARY", id, "ITEM", id+"/"+signintest.WorkKey(works[0]), "OTHER", id+"/"+signintest.WorkKey(works[1]),
			"MARK", kind+number+"mark", "NAME", fmt.Sprintf("Of %d, %d", m.user.ID, m.dice.Uint32()), "PLAN", plan, "RECEIPT", receipt).Replace(c.arguments)
		r := x.call(m, s, c.tool, strings.Replace(template, "%s", "", 1))
		x.check(m, c.tool, r)
		disturbed := kind == "group" && strings.Contains(r.body, "changed")
		if c.status != "" && (r.status != http.StatusOK || !strings.Contains(r.body, `"status":"`+c.status+`"`)) && !disturbed {
			x.t.Errorf("%s of its own %s: %d %.600s", c.tool, id, r.status, r.body)
		}
		plan, receipt = firstMatch(plans, r.body), firstMatch(receipts, r.body)
		x.mu.Lock()
		if plan != "" {
			x.plans, x.secrets = append(x.plans, given{m, plan}), append(x.secrets, plan)
		}
		if receipt != "" && c.tool != "recent_changes" {
			x.receipts = append(x.receipts, given{m, receipt})
		}
		if next := firstMatch(cursors, r.body); next != "" {
			x.cursors = append(x.cursors, cursorOf{m, c.tool, template, next})
		}
		x.mu.Unlock()
	}
}

// firstMatch returns the first group of the first match, or "".
func firstMatch(re *regexp.Regexp, s string) string {
	if found := re.FindStringSubmatch(s); found != nil {
		return found[1]
	}
	return ""
}

// pryWriting calls each tool that writes for a library of another member, and for one
// that does not exist: both are refused in the same words.
func (x *tenancy) pryWriting(m *member, s signedIn, id string) {
	kind, _, _ := strings.Cut(id, ":")
	own := m.libraries[0] + "/" + signintest.WorkKey(0)
	for _, c := range []struct{ tool, arguments string }{
		{"add_items", `{"library":"LIBRARY","works":"@book{x, title={Mine}}"}`},
		{"update_items", `{"ids":["ITEM"],"add_tags":["mine"]}`},
		{"update_items", `{"ids":["ITEM"],"fields":{"title":"mine"}}`},
		{"write_note", `{"id":"ITEM","text":"mine"}`},
		{"annotate", `{"id":"ITEM","quote":"mine"}`},
		{"trash_items", `{"ids":["ITEM"]}`},
		{"organize", `{"library":"LIBRARY","action":"make_collection","name":"mine"}`},
		{"organize", `{"library":"LIBRARY","action":"remove_tags","tags":["mine"]}`},
		{"merge_items", `{"keep":"ITEM","duplicates":["OWN"]}`},
		{"merge_items", `{"keep":"OWN","duplicates":["ITEM"]}`},
		{"undo_changes", `{"receipt":"LIBRARY/01KB5D3F8Q7V2M4N6P8R0S2T4V"}`},
		{"recent_changes", `{"library":"LIBRARY","receipts":true}`},
	} {
		var words [2]string
		for i, library := range []string{id, kind + ":99999999"} {
			arguments := strings.NewReplacer("LIBRARY", library, "ITEM", library+"/"+signintest.WorkKey(0), "OWN", own).Replace(c.arguments)
			r := x.overMCP(s.access, c.tool, arguments)
			if !strings.Contains(r.body, "not_found") || !strings.Contains(r.body, `"isError":true`) {
				x.t.Errorf("member %d asks %s of %s: %d %.400s", m.user.ID, c.tool, arguments, r.status, r.body)
			}
			x.check(m, c.tool, r, library)
			words[i] = strings.ReplaceAll(r.body, library, "LIBRARY")
		}
		if words[0] != words[1] {
			x.t.Errorf("%s says of a library of others\n%.600s\nand of none\n%.600s", c.tool, words[0], words[1])
		}
	}
}

// pryPlans uses plans and receipts of others, and plans that are none: nothing is seen
// of them, and nothing is changed.
func (x *tenancy) pryPlans(m *member, s signedIn) {
	x.mu.Lock()
	all, undo, lists := slices.Clone(x.plans), slices.Clone(x.receipts), slices.Clone(x.cursors)
	x.mu.Unlock()
	refused := func(tool, arguments string, codes ...string) {
		r := x.call(m, s, tool, arguments)
		x.check(m, tool, r)
		if !slices.ContainsFunc(codes, func(code string) bool { return strings.Contains(r.body, `"code":"`+code+`"`) }) || firstMatch(receipts, r.body) != "" {
			x.t.Errorf("member %d calls %s with what is another's: %d %.400s", m.user.ID, tool, r.status, r.body)
		}
	}
	for _, p := range all[max(0, len(all)-5):] {
		if p.member != m {
			refused("apply_changes", `{"plan":"`+p.text+`"}`, "forbidden")
		}
		altered := []byte(p.text)
		altered[len(altered)/2] ^= 1
		refused("apply_changes", fmt.Sprintf(`{"plan":%q}`, altered), "invalid")
	}
	for _, r := range undo[max(0, len(undo)-5):] {
		if lib, _, _ := strings.Cut(r.text, "/"); !m.sees(lib) {
			arguments := `{"receipt":"` + r.text + `"}`
			answer := x.call(m, s, "undo_changes", arguments)
			x.check(m, "undo_changes", answer, lib)
			if !strings.Contains(answer.body, "not_found") || firstMatch(receipts, answer.body) != "" {
				x.t.Errorf("member %d takes back %s: %.400s", m.user.ID, r.text, answer.body)
			}
		}
	}
	if len(lists) > 0 {
		refused("apply_changes", `{"plan":"`+lists[m.dice.IntN(len(lists))].cursor+`"}`, "invalid")
	}
}

// checkWrites compares the requests to change libraries with who may change which.
func (x *tenancy) checkWrites() {
	posts := x.libraries.Posts()
	for _, p := range posts {
		if m := x.memberOf(fmt.Sprintf("zotero:%d", p.User)); m == nil || !m.marks[p.Library] {
			x.t.Errorf("the key of %d was used to change %s", p.User, p.Library)
		}
	}
	if len(x.receipts) < len(x.members) || len(posts) != len(x.receipts) {
		x.t.Errorf("%d requests to change libraries for %d receipts", len(posts), len(x.receipts))
	}
}
