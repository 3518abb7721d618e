package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/meaning"
	"github.com/stackroom-mcp/stackroom/pkg/server/directory"
)

// rule is something that may be kept or sent, and when it is.
type rule[T any] struct {
	holds bool
	what  T
}

// holding returns what holds.
func holding[T any](rules []rule[T]) []T {
	var all []T
	for _, r := range rules {
		if r.holds {
			all = append(all, r.what)
		}
	}
	return all
}

// fromZotero reports whether libraries are read from Zotero.
func fromZotero(c *config.Config) bool {
	return c.Auth == "zotero" || c.ZoteroKey != "" || c.ZoteroDesktop || c.ZoteroData != ""
}

// signsIn reports whether the server itself signs people in, and so keeps which
// sign-ins and tokens have ended.
func signsIn(c *config.Config) bool { return c.Auth == "zotero" || c.OIDCClientID != "" }

// stateAt returns where state is kept that several processes share.
func stateAt(c *config.Config, folder, prefix string) string {
	if c.StateBucket != "" {
		return "in the operator's bucket at Google Cloud Storage, under " + prefix
	}
	return "on the server, in " + folder + " of its data folder"
}

// kept says what the server keeps with these settings. A test holds that it names
// every folder of the data folder and every prefix of the state bucket.
func kept(c *config.Config, writes bool) []directory.Kept {
	days := int(change.ReceiptLife.Hours() / 24)
	return holding([]rule[directory.Kept]{
		{c.ServesLocal(), directory.Kept{
			Name: "Imported libraries", What: "Libraries that the operator imported, with their texts and the paths of their files", Where: "on the server, in its data folder",
			HowLong: "until the operator removes them", End: "ask the operator",
		}},
		{fromZotero(c), directory.Kept{
			Name: "Zotero libraries", What: "A copy of each Zotero library that is read: works, notes, annotations, texts and a search index",
			Where: "on the server, in replicas of its data folder or a temporary folder", HowLong: "30 days after the last use",
			End: "take the server's access to the library away at Zotero; no caller is then shown the copy, and it goes after these days",
		}},
		{fromZotero(c) && c.StateBucket != "" && c.Snapshots == "on", directory.Kept{
			Name: "Snapshots", What: "A snapshot of each of these copies, encrypted under the server's master key if it has one",
			Where:   "in the operator's bucket at Google Cloud Storage, under replicas/",
			HowLong: "30 days after the last use, or until Zotero no longer has the library", End: "as for the copy",
		}},
		{signsIn(c), directory.Kept{
			Name: "Sign-ins", What: "Which sign-ins, codes and tokens are spent or ended, by numbers without names, and of each personal access token its name, scopes and dates. The tokens themselves, with your Zotero key sealed in them, are kept by your client alone",
			Where: stateAt(c, "the sign-in file", "ledger/"), HowLong: "at most 100 days",
			End: "sign out in the client, end the token at /account/tokens, or delete the key at zotero.org/settings/keys",
		}},
		{signsIn(c) || c.Auth == "tokens" && c.PublicURL != "", directory.Kept{
			Name: "A cookie", What: "It is set while you are signed in to the pages: who you are, what you may read, and whether you let this browser change libraries, encrypted under a key of the server", Where: "in your browser", HowLong: "an hour", End: "sign out there",
		}},
		{c.Auth == "tokens", directory.Kept{
			Name: "Access tokens", What: "Of each access token a hash, its name and what it may read", Where: "in the server's settings", HowLong: "until the operator removes it", End: "ask the operator",
		}},
		{writes, directory.Kept{
			Name: "A journal of changes", What: "Who changed what with which client and when, and each work before and after; and plans of changes that are too long for the client to carry",
			Where: stateAt(c, "changes", "journal/ and plans/"), HowLong: fmt.Sprintf("%d days; plans for ten minutes, removed within a day", days),
			End: "ask the operator; then these changes can't be taken back",
		}},
		{c.KeepsActivity(), directory.Kept{
			Name: "Activity", What: "Of each call its time, caller, client, tool, libraries, outcome and duration, for the caller's own page /activity and for the operator. Never words of a question, titles, keys of works or tokens",
			Where: stateAt(c, "activity", "activity/"), HowLong: fmt.Sprintf("%d days", int(activity.Life.Hours()/24)), End: "it ends by itself; ask the operator to remove it earlier",
		}},
		{true, directory.Kept{
			Name: "Log lines and audit events", What: "Who called which tool of which library when, the IDs of the works that were given out, the outcome, and the address of the request. Never words of a question, titles, keys or tokens",
			Where:   "where the operator's platform keeps the server's output",
			HowLong: "as long as the operator chose there (30 days at Google Cloud unless changed)", End: "ask the operator",
		}},
		{c.TraceContent, directory.Kept{
			Name: "Traces", What: "Traces with the arguments of calls: on this server they have the words of your questions",
			Where: "where the operator's traces are kept", HowLong: "as long as the operator chose there", End: "ask the operator",
		}},
	})
}

// sent says what the server sends to others with these settings.
func sent(c *config.Config, writes bool) []directory.Sent {
	const asked = "when the assistant checks references"
	registries := asked
	if writes {
		registries += ", or adds a work by its identifier"
	}
	return holding([]rule[directory.Sent]{
		{fromZotero(c) && c.ZoteroData == "", directory.Sent{
			To: "Zotero", What: "The key that you or the operator gave, and requests for the libraries that it may read", When: "When a library is read or changed, and for the file of a work when it is annotated",
		}},
		{len(c.AskedRegistries()) > 0, directory.Sent{
			To:   "Public registries: " + strings.Join(registryNames(c.AskedRegistries()), ", "),
			What: "Identifiers of works, and title, names and year of references without one. No text of a library, and nothing about who asks", When: "W" + registries[1:],
		}},
		{c.Embeds(), directory.Sent{
			To:   "The embedding service at " + embeddingsHost(c),
			What: "Titles and abstracts of works of " + embeddedLibraries(c) + ", and questions to them. No notes, annotations or texts, and nothing about who asks",
			When: "Works in the background, once and when they change; a question when it is searched",
		}},
		{c.ReadsWebPages(), directory.Sent{
			To: "Web pages that references name", What: "A request for the page, without cookies", When: "W" + asked[1:],
		}},
		{c.AsksTranslation(), directory.Sent{
			To:   "The translation server at " + hostOf(c.Translation) + ", and the libraries and web pages that it asks itself",
			What: translationGets(c) + ". Nothing about who asks", When: "W" + registries[1:],
		}},
		{c.ReadsWebPages() && writes, directory.Sent{
			To: "Hosts of PDF files: those that the assistant names, and those that arXiv, Europe PMC or OpenAlex name for a work", What: "A request for the file, without cookies", When: "When the assistant adds a work with its PDF file",
		}},
		{c.Auth == "oidc", directory.Sent{
			To: "Your organisation's identity provider", What: "Requests for its public keys, and the codes of sign-ins to the account page", When: "At each sign-in",
		}},
		{c.StyleRepository != "", directory.Sent{
			To: "A repository of citation styles", What: "The name of a style", When: "When a citation in a style is asked for that the server does not have",
		}},
		{c.StateBucket != "" || c.Service != "", directory.Sent{
			To: "Google Cloud", What: "What is kept there, as said above, and the server's own secrets and log", When: "While the server runs",
		}},
	})
}

// translationGets says what the translation server is sent.
func translationGets(c *config.Config) string {
	if c.ReadsWebPages() {
		return "Identifiers that no registry has, and addresses of web pages that references name"
	}
	return "Identifiers that no registry has"
}

// embeddedLibraries names the libraries whose works are embedded.
func embeddedLibraries(c *config.Config) string {
	if slices.Contains(c.EmbeddingsLibraries, meaning.All) {
		return "all libraries"
	}
	return "these libraries: " + strings.Join(c.EmbeddingsLibraries, ", ")
}

// registryNames returns the names of registries as people know them.
func registryNames(asked []string) []string {
	known := map[string]string{
		"crossref": "Crossref", "datacite": "DataCite", "doiorg": "doi.org", "arxiv": "arXiv", "pubmed": "PubMed",
		"europepmc": "Europe PMC", "openlibrary": "Open Library", "openalex": "OpenAlex",
	}
	names := make([]string, len(asked))
	for i, name := range asked {
		names[i] = known[name]
	}
	return names
}
