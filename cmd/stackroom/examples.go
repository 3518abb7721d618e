package main

// example is a command line and what it is for.
type example struct{ purpose, line string }

// examplesOf returns the examples of a command, "" for the program.
func examplesOf(path string) []example {
	switch path {
	case "":
		return []example{
			{"serve the sample library at http://127.0.0.1:8080/", "stackroom serve"},
			{"fill a library of your own, then serve it", "stackroom import refs.bib && stackroom serve"},
			{"serve your Zotero library", "ZOTERO_API_KEY=KEY stackroom serve"},
			{"check what you have set", "stackroom doctor"},
		}
	case "serve":
		return []example{
			{"on this machine, without sign-in", "stackroom serve"},
			{"on another port", "PORT=8081 stackroom serve"},
			{"the Zotero libraries on this machine, without a key", "ZOTERO_DATA=~/Zotero stackroom serve"},
			{"the library of the Zotero app on this machine", "ZOTERO_DESKTOP=true stackroom serve"},
			{"for a team, with tokens", "PORT=8080 STACKROOM_AUTH=tokens STACKROOM_TOKENS=file:///etc/stackroom/tokens stackroom serve"},
		}
	case "stdio":
		return []example{
			{"what a desktop client starts", "stackroom stdio"},
			{"in Claude Code", "claude mcp add library -- stackroom stdio"},
		}
	case "import":
		return []example{
			{"a bibliography with the files that it names", "stackroom import refs.bib"},
			{"every bibliography in a folder and below it", "stackroom import ~/papers"},
			{"see what would happen first", "stackroom import --dry-run -v refs.bib"},
			{"everything again that was imported before", "stackroom import"},
			{"into a collection, and again whenever the file changes", "stackroom import --watch --collection Thesis refs.bib"},
			{"into a library of its own", "STACKROOM_DATA=$HOME/thesis stackroom import refs.bib"},
		}
	case "catalog":
		return []example{
			{"as a table", "stackroom catalog"},
			{"with the schemas of arguments and answers", "stackroom catalog --json"},
		}
	case "settings":
		return []example{
			{"all settings, by group", "stackroom settings"},
			{"as a page of documentation", "stackroom settings --markdown"},
		}
	case "doctor":
		return []example{
			{"check the settings that are set in this shell", "stackroom doctor"},
			{"check a key before it is used", "ZOTERO_API_KEY=KEY stackroom doctor"},
		}
	}
	return moreExamplesOf(path)
}

// moreExamplesOf returns the examples of the less common commands.
func moreExamplesOf(path string) []example {
	switch path {
	case "sources":
		return []example{{"what the library is made of", "stackroom sources"}}
	case "remove":
		return []example{
			{"a file that was imported, and its works", "stackroom remove refs.bib"},
			{"see what would happen first", "stackroom remove --dry-run papers"},
		}
	case "reset":
		return []example{{"begin again with an empty library", "stackroom reset --yes"}}
	case "cite":
		return []example{
			{"a Word document in the style of the APA", "stackroom cite paper.md --style apa -o paper.docx"},
			{"a web page in German, with keys from a file too", "stackroom cite paper.md --locale de-DE --bibliography refs.bib -o paper.html"},
			{"a Word document stays as it is but for its citations", "stackroom cite draft.docx --style ieee -o final.docx"},
		}
	case "check":
		return []example{
			{"references, quotations and keys of a manuscript", "stackroom check paper.md"},
			{"with the works that it cites in a file", "stackroom check draft.docx --bibliography refs.bib"},
		}
	case "bundle":
		return []example{
			{"a bundle of this program", "stackroom bundle"},
			{"of a program for another machine", "stackroom bundle --binary ./stackroom-darwin-arm64 --out dist"},
		}
	case "token":
		return []example{{"a token for 90 days", "stackroom token new --name ada --all-libraries"}}
	case "token new":
		return []example{
			{"for 90 days, for one library", "stackroom token new --name ada --library group:4711"},
			{"add its record to the file that the server reads", "stackroom token new --name ci --all-libraries --expires 12h --record tokens"},
		}
	case "token list":
		return []example{
			{"the tokens that the server accepts", "stackroom token list"},
			{"those in a file, for a program", "stackroom token list --record tokens --json"},
		}
	case "token revoke":
		return []example{{"one of those in a file", "stackroom token revoke abcdefghijklmnop --record tokens"}}
	case "token key":
		return []example{{"into a file that only you can read", "(umask 077; stackroom token key > master)"}}
	case "healthcheck":
		return []example{{"in a container's HEALTHCHECK", "stackroom healthcheck"}}
	case "version":
		return []example{{"for a report of a fault", "stackroom version"}}
	}
	return nil
}
