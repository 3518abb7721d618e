package csl

// variable numbers a CSL variable, so that an item's values stand in an array.
type variable uint8

// maxVariables is the most variables that a bit set of done variables holds.
const maxVariables = 192

// noVariable stands for the absence of a variable.
const noVariable variable = 0

// The variables that the package treats apart from others.
const (
	varTitle variable = iota + 1
	varTitleShort
	varContainerTitle
	varContainerTitleShort
	varCollectionTitle
	varPage
	varPageFirst
	varLocator
	varCitationNumber
	varCitationLabel
	varYearSuffix
	varFirstReferenceNoteNumber
	varURL
	varDOI
	varLanguage
	varCollectionNumber
	varNumber
	varIssue
	varVolume
	varEdition
	varNote
	varVersion
	varSection
	varNumberOfPages
	varNumberOfVolumes
	varChapterNumber
	varIssued
	varAccessed
	varAuthor
	varEditor
	varTranslator
	varEditorTranslator
	firstPlain
)

// specialVariables are the names of the constants above, in their order.
var specialVariables = [...]string{
	"", "title", "title-short", "container-title", "container-title-short", "collection-title",
	"page", "page-first", "locator", "citation-number", "citation-label", "year-suffix",
	"first-reference-note-number", "URL", "DOI", "language", "collection-number", "number", "issue",
	"volume", "edition", "note", "version", "section", "number-of-pages", "number-of-volumes",
	"chapter-number", "issued", "accessed", "author", "editor", "translator", "editortranslator",
}

// plainVariables are the other variables of CSL 1.0.2.
var plainVariables = [...]string{
	"abstract", "annote", "archive", "archive_collection", "archive_location", "archive-place", "authority",
	"call-number", "citation-key", "dimensions", "division", "event", "event-title", "event-place", "genre", "ISBN",
	"ISSN", "jurisdiction", "keyword", "medium", "original-publisher", "original-publisher-place",
	"original-title", "part-title", "PMCID", "PMID", "publisher", "publisher-place", "references",
	"reviewed-genre", "reviewed-title", "scale", "source", "status", "volume-title", "volume-title-short",
	"part-number", "printing-number", "supplement-number", "supplement", "country", "hereinafter",
	"original-container-title", "year", "locator-extra", "language-name", "committee", "document-name",
	"collection-title-short", "first-container-reference-note-number",
}

var dateVariables = [...]string{
	"available-date", "event-date", "original-date", "submitted", "publication-date", "locator-date",
}

var nameVariables = [...]string{
	"chair", "collection-editor", "compiler", "composer", "container-author",
	"contributor", "curator", "director", "editor-translator", "editorial-director", "executive-producer",
	"guest", "host", "illustrator", "interviewer", "narrator", "organizer", "original-author", "performer",
	"producer", "recipient", "reviewed-author", "script-writer", "series-creator", "commenter",
}

// variableKind says which of an item's maps holds a variable.
type variableKind uint8

const (
	kindText variableKind = iota
	kindNumber
	kindDate
	kindName
)

type variableInfo struct {
	name string
	kind variableKind
}

// variableTable lists all variables by number.
var variableTable = makeVariableTable()

// variableNumbers is variableTable the other way round.
var variableNumbers = makeVariableNumberTable(variableTable)

func makeVariableTable() []variableInfo {
	table := make([]variableInfo, 0, maxVariables)
	for _, name := range specialVariables {
		table = append(table, variableInfo{name: name})
	}
	for _, name := range plainVariables {
		table = append(table, variableInfo{name: name})
	}
	for _, name := range dateVariables {
		table = append(table, variableInfo{name, kindDate})
	}
	for _, name := range nameVariables {
		table = append(table, variableInfo{name, kindName})
	}
	for _, v := range []variable{varIssued, varAccessed} {
		table[v].kind = kindDate
	}
	for _, v := range []variable{varAuthor, varEditor, varTranslator, varEditorTranslator} {
		table[v].kind = kindName
	}
	for i := range table {
		if isNumberName(table[i].name) {
			table[i].kind = kindNumber
		}
	}
	return table
}

func makeVariableNumberTable(table []variableInfo) map[string]variable {
	numbers := make(map[string]variable, len(table))
	for i, info := range table[1:] {
		numbers[info.name] = variable(i + 1)
	}
	return numbers
}

// isNumberName tells the variables whose content the is-numeric condition can
// find numeric.
func isNumberName(name string) bool {
	switch name {
	case "call-number", "chapter-number", "collection-number", "division", "edition", "page", "issue", "locator",
		"locator-extra", "number", "number-of-pages", "number-of-volumes", "part-number", "printing-number",
		"section", "supplement-number", "version", "volume", "supplement", "citation-number":
		return true
	}
	return false
}

// isNumberText tells the variables that cs:text formats as numbers.
func (v variable) isNumberText() bool {
	switch v {
	case varPage, varPageFirst, varChapterNumber, varCollectionNumber, varEdition, varIssue, varNumber,
		varNumberOfPages, varNumberOfVolumes, varVolume:
		return true
	}
	return false
}

// isMultilingual tells the variables whose title case depends on the item's
// language; title case applies to the others in any language.
func (v variable) isMultilingual() bool {
	switch v.String() {
	case "event", "publisher", "publisher-place", "event-place", "title", "container-title", "collection-title",
		"authority", "genre", "title-short", "medium", "country", "jurisdiction", "archive", "archive-place":
		return true
	}
	return false
}

// String is the variable's name in CSL.
func (v variable) String() string { return variableTable[v].name }

func isDateVariable(name string) bool {
	v, ok := variableNumbers[name]
	return ok && variableTable[v].kind == kindDate
}

func isNameVariable(name string) bool {
	v, ok := variableNumbers[name]
	return ok && variableTable[v].kind == kindName
}

// variableSet is a set of variables.
type variableSet [maxVariables / 64]uint64

func (s *variableSet) add(v variable)      { s[v/64] |= 1 << (v % 64) }
func (s *variableSet) has(v variable) bool { return s[v/64]&(1<<(v%64)) != 0 }
