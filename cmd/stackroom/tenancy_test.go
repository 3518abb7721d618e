package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// The size of the tenancy test.
const (
	memberCount = 50
	groupCount  = 20
	worksEach   = 3
)

// tenancy is a deployment with many members, and what they leave lying about
// for each other: IDs and cursors, which are no secrets.
type tenancy struct {
	*deployment
	client  string
	members []*member
	working sync.WaitGroup // members whose calls have not ended

	mu              sync.Mutex
	cursors         []cursorOf
	plans, receipts []given
	secrets         []string
}

// cursorOf is a cursor, the member who got it, and the call that it goes on with.
type cursorOf struct {
	member          *member
	tool, arguments string // without the cursor; "%s" stands for it
	cursor          string
}

// member is a Zotero user and what the user may see.
type member struct {
	user      signintest.User
	libraries []string
	marks     map[string]bool // of what they may see
	dice      *rand.Rand
}

func newMember(i int) *member {
	m := &member{user: signintest.User{ID: int64(2000 + i), Name: fmt.Sprintf("member%d", i)}, dice: rand.New(rand.NewPCG(4, uint64(i)))}
	m.libraries, m.marks = []string{fmt.Sprintf("user:%d", m.user.ID)}, map[string]bool{signintest.Mark("user", m.user.ID): true}
	for g := range int64(groupCount) {
		if m.dice.IntN(8) == 0 {
			m.user.Groups = append(m.user.Groups, 4000+g)
			m.libraries, m.marks[signintest.Mark("group", 4000+g)] = append(m.libraries, fmt.Sprintf("group:%d", 4000+g)), true
		}
	}
	return m
}

// sees reports whether a library is one of the member's.
func (m *member) sees(id string) bool {
	kind, number, _ := strings.Cut(id, ":")
	return m.marks[kind+number+"mark"]
}

// TestTenancy_TwoServers interleaves, at random, the sign-ins,
// calls, refreshes and revocations of members whose groups overlap. Everything
// in a library bears its mark, and all libraries have the same keys, so that a
// leak is visible.
func TestTenancy_TwoServers(t *testing.T) {
	x := &tenancy{}
	var users []signintest.User
	count := memberCount
	if testing.Short() {
		count /= 3
	}
	for i := range count {
		m := newMember(i)
		x.members, users = append(x.members, m), append(users, m.user)
	}
	x.deployment = deployWith(t, []string{"STACKROOM_WRITES=all"}, worksEach, users...)
	x.scope = "library:read library:write"
	x.client = x.register(`{"client_name":"Claude","redirect_uris":["` + redirectURI + `"],"token_endpoint_auth_method":"none"}`)
	var group sync.WaitGroup
	x.working.Add(count)
	for i, m := range x.members {
		group.Go(func() { x.live(i, m) })
	}
	group.Wait()
	if len(x.cursors) < count {
		t.Errorf("only %d cursors were tried on others", len(x.cursors))
	}
	x.checkLogs()
	x.checkWrites()
}

// live makes the calls of one member. Members leave when the calls of all have
// ended: replicas that are still being read would use the keys of those who left,
// and Zotero locks out an address that shows it many such keys.
func (x *tenancy) live(i int, m *member) {
	s, ok := x.work(m)
	x.working.Done()
	if x.working.Wait(); ok && i%3 == 0 {
		x.leave(i, m, s)
	}
}

// work signs a member in and makes the member's calls.
func (x *tenancy) work(m *member) (signedIn, bool) {
	s, ok := x.enter(m)
	for _, step := range m.dice.Perm(len(toolCalls) + 6) {
		switch {
		case !ok || x.t.Failed():
			return s, false
		case step < len(toolCalls):
			x.use(m, s, toolCalls[step])
		case step == len(toolCalls):
			ok = x.tokens(&s, renewal(s))
			x.keep(s)
		case step == len(toolCalls)+1:
			x.writes(m, s)
		default:
			x.pry(m, s)
		}
	}
	return s, ok
}

// enter signs the member in.
func (x *tenancy) enter(m *member) (signedIn, bool) {
	s, ok := x.signIn(m.user.ID, x.client)
	x.keep(s)
	return s, ok
}

// keep records secrets that must not be in a log.
func (x *tenancy) keep(s signedIn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.secrets = append(x.secrets, s.code, s.verifier, s.access, s.refresh)
}

// toolCalls are calls of all tools that read; LIBRARY, ITEM and NAME stand for a library's.
var toolCalls = []struct{ tool, arguments string }{
	{"list_libraries", `{}`},
	{"search", `{"query":"tenancy","limit":2%s}`},
	{"search", `{"query":"","library":"LIBRARY","limit":2%s}`},
	{"fetch", `{"id":"ITEM"}`},
	{"read_text", `{"id":"ITEM"}`},
	{"read_text", `{"id":"ITEM","question":"what does the text say?"}`},
	{"list_collections", `{"library":"LIBRARY"}`},
	{"list_tags", `{"limit":1%s}`},
	{"recent_changes", `{"since":"2020-01-01","limit":2%s}`},
	{"export", `{"ids":["ITEM"],"format":"bibtex"}`},
	{"export", `{"library":"LIBRARY","format":"csljson"}`},
	{"export", `{"library":"LIBRARY","format":"bibliography"}`},
	{"find_duplicates", `{"library":"LIBRARY","limit":2}`},
	{"find_duplicates", `{"across_libraries":true}`},
	{"cite", `{"ids":["ITEM"]}`},
	{"check_references", `{"ids":["ITEM"]}`},
}

func TestToolCalls_HaveEachTool(t *testing.T) {
	catalog, err := tool.NewCatalog(noLibraries{}, tool.Options{Writing: &tool.Writing{}})
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, c := range toolCalls {
		called[c.tool] = true
	}
	for _, c := range writeCalls {
		called[c.tool] = true
	}
	for _, d := range catalog.Definitions() {
		if !called[d.Name] {
			t.Errorf("neither toolCalls nor writeCalls has %s", d.Name)
		}
	}
}

// call calls a tool over REST or MCP, at random. While a library is still being
// read, it calls again, as the answer says.
func (x *tenancy) call(m *member, s signedIn, tool, arguments string) reply {
	r := x.callOnce(m, s, tool, arguments)
	for tries := 0; tries < 40 && strings.Contains(r.body, "library is still being read"); tries++ {
		time.Sleep(250 * time.Millisecond)
		r = x.callOnce(m, s, tool, arguments)
	}
	return r
}

func (x *tenancy) callOnce(m *member, s signedIn, tool, arguments string) reply {
	if m.dice.IntN(2) == 0 {
		return x.overREST(s.access, tool, arguments)
	}
	return x.overMCP(s.access, tool, arguments)
}

// use calls a tool on one of the member's own libraries.
func (x *tenancy) use(m *member, s signedIn, c struct{ tool, arguments string }) {
	id := m.libraries[m.dice.IntN(len(m.libraries))]
	template := strings.NewReplacer("LIBRARY", id, "ITEM", id+"/"+signintest.WorkKey(m.dice.IntN(worksEach))).Replace(c.arguments)
	r := x.call(m, s, c.tool, strings.Replace(template, "%s", "", 1))
	// Zotero gives a personal library no name, so that a list may have no mark.
	if r.status != http.StatusOK || c.tool != "list_libraries" && !strings.Contains(r.body, "mark") || strings.Contains(r.body, `"isError":true`) {
		x.t.Errorf("%s of its own %s: %d %.300s", c.tool, id, r.status, r.body)
	}
	x.check(m, c.tool, r)
	for _, key := range x.zotero.Keys(m.user.ID) {
		if strings.Contains(r.body, key) || strings.Contains(fmt.Sprint(r.header), key) {
			x.t.Errorf("Z04: an answer has a key of Zotero's")
		}
	}
	if found := cursors.FindStringSubmatch(r.body); found != nil && strings.Contains(template, "%s") {
		x.mu.Lock()
		x.cursors = append(x.cursors, cursorOf{m, c.tool, template, found[1]})
		x.mu.Unlock()
	}
}

// cursors, marks and ids match what an answer names.
var (
	cursors = regexp.MustCompile(`"next_cursor":"([^"]+)"`)
	marks   = regexp.MustCompile(`(?:user|group)\d+mark`)
	ids     = regexp.MustCompile(`(?:user|group):\d+`)
)

// check compares an answer with what its reader may see.
func (x *tenancy) check(m *member, what string, r reply, asked ...string) {
	for _, mark := range marks.FindAllString(r.body, -1) {
		if !m.marks[mark] {
			x.t.Errorf("member %d reads %s by %s: %.400s", m.user.ID, mark, what, r.body)
			return
		}
	}
	for _, id := range ids.FindAllString(r.body, -1) {
		if !m.sees(id) && !strings.Contains(strings.Join(asked, " "), id) {
			x.t.Errorf("member %d reads of %s by %s: %.400s", m.user.ID, id, what, r.body)
			return
		}
	}
}

// pry uses the library, item, cursor or plan of another member.
func (x *tenancy) pry(m *member, s signedIn) {
	var id string
	for id == "" || m.sees(id) {
		other := x.members[m.dice.IntN(len(x.members))]
		id = other.libraries[m.dice.IntN(len(other.libraries))]
	}
	kind, number, _ := strings.Cut(id, ":")
	item := id + "/" + signintest.WorkKey(m.dice.IntN(worksEach))
	attempts := []struct{ tool, arguments string }{
		{"fetch", `{"id":"` + item + `"}`}, {"read_text", `{"id":"` + item + `"}`}, {"export", `{"ids":["` + item + `"],"format":"ris"}`},
		{"search", `{"query":"tenancy","library":"` + id + `"}`}, {"list_collections", `{"library":"` + id + `"}`},
		{"list_tags", `{"library":"` + id + `"}`}, {"recent_changes", `{"library":"` + id + `"}`}, {"export", `{"library":"` + id + `","format":"bibtex"}`},
		{"search", `{"query":"tenancy","library":"Circle ` + kind + number + `mark"}`},
	}
	a := attempts[m.dice.IntN(len(attempts))]
	r := x.call(m, s, a.tool, a.arguments)
	if !strings.Contains(r.body, "not_found") {
		x.t.Errorf("member %d asks %s of %s: %d %.300s", m.user.ID, a.tool, a.arguments, r.status, r.body)
	}
	// Only what the member typed may be repeated.
	r.body = strings.ReplaceAll(r.body, kind+number+"mark", "")
	x.check(m, a.tool, r, id)
	x.pryCursor(m, s)
	if m.dice.IntN(6) == 0 {
		x.pryWriting(m, s, id)
		x.pryPlans(m, s)
	}
}

// pryCursor continues another member's list.
func (x *tenancy) pryCursor(m *member, s signedIn) {
	x.mu.Lock()
	if len(x.cursors) == 0 {
		x.mu.Unlock()
		return
	}
	c := x.cursors[m.dice.IntN(len(x.cursors))]
	x.mu.Unlock()
	arguments := strings.Replace(c.arguments, "%s", `,"cursor":"`+c.cursor+`"`, 1)
	r := x.call(m, s, c.tool, arguments)
	x.check(m, c.tool+" with a cursor", r, strings.Join(c.member.libraries, " "))
	named := ids.FindString(arguments)
	if named != "" && !m.sees(named) && !strings.Contains(r.body, "not_found") {
		x.t.Errorf("member %d goes on in %s: %d %.300s", m.user.ID, named, r.status, r.body)
	}
}

// leave ends the member's sign-in in one of several ways and then tries to call.
func (x *tenancy) leave(i int, m *member, s signedIn) {
	x.mu.Lock()
	x.secrets = append(x.secrets, x.zotero.Keys(m.user.ID)...)
	x.mu.Unlock()
	if i%2 == 0 {
		x.zotero.Revoke(m.user.ID)
	} else if r, _ := x.form("/revoke", url.Values{"token": {s.access}}); r.status != http.StatusOK {
		x.t.Errorf("/revoke: %d", r.status)
	}
	if r, answer := x.form("/token", renewal(s)); r.status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		x.t.Errorf("member %d renews a sign-in that has ended: %d", m.user.ID, r.status)
	}
	if len(x.zotero.Keys(m.user.ID)) != 0 {
		x.t.Errorf("member %d has keys left", m.user.ID)
	}
	if s, ok := x.enter(m); ok {
		x.use(m, s, toolCalls[1])
	}
}

// checkLogs looks in logs and audits for secrets (S09) and for items beside a
// member who may not see them.
func (x *tenancy) checkLogs() {
	text := x.logged()
	for _, m := range x.members {
		x.secrets = append(x.secrets, x.zotero.Keys(m.user.ID)...)
	}
	for _, s := range x.secrets {
		if len(s) < 20 || strings.Contains(text, s) || len(s) > 40 && strings.Contains(text, s[12:40]) {
			x.t.Errorf("S09: a log has %.12s…", s)
		}
	}
	if mark := marks.FindString(text); mark != "" || strings.Contains(text, "Tenancy") || strings.Contains(text, "tenancy") {
		x.t.Errorf("S09: a log has a title or a query: %s", mark)
	}
	audited := 0
	for line := range strings.Lines(text) {
		var entry struct {
			Type             string `json:"log_type"`
			Principal        string
			Libraries, Items []string
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Type != "audit" {
			continue
		}
		audited++
		m := x.memberOf(entry.Principal)
		for _, id := range append(entry.Libraries, entry.Items...) {
			if m == nil || !m.sees(strings.Split(id, "/")[0]) {
				x.t.Errorf("the audit of %s has %s", entry.Principal, id)
			}
		}
	}
	if audited < len(x.members)*len(toolCalls) {
		x.t.Errorf("only %d calls were audited", audited)
	}
}

// memberOf returns the member of a principal.
func (x *tenancy) memberOf(principal string) *member {
	for _, m := range x.members {
		if principal == fmt.Sprintf("zotero:%d", m.user.ID) {
			return m
		}
	}
	return nil
}
