package csljson

import "strings"

// The tables say how CSL and Zotero's item types and fields correspond, as
// Zotero's schema (version 43) does. A line is a CSL name and the Zotero
// names for it; the first that the item type has is taken.

const typeTable = `
article preprint
article-journal journalArticle
article-magazine magazineArticle
article-newspaper newspaperArticle
bill bill
book book
broadcast podcast tvBroadcast radioBroadcast
chapter bookSection
dataset dataset
document document
entry-dictionary dictionaryEntry
entry-encyclopedia encyclopediaArticle
graphic artwork
hearing hearing
interview interview
legal_case case
legislation statute
manuscript manuscript
map map
motion_picture film videoRecording
paper-conference conferencePaper
patent patent
personal_communication letter email instantMessage
post forumPost
post-weblog blogPost
report report
software computerProgram
song audioRecording
speech presentation
standard standard
thesis thesis
webpage webpage
`

const textTable = `
abstract abstractNote
archive archive
archive_location archiveLocation
authority authority
call-number callNumber applicationNumber
chapter-number session
citation-key citationKey
collection-number seriesNumber
collection-title seriesTitle series
container-title publicationTitle reporter code
container-title-short journalAbbreviation
dimensions artworkSize runningTime
DOI DOI
edition edition
event eventTitle meetingName conferenceName
event-place eventPlace
event-title meetingName conferenceName
genre type programmingLanguage
ISBN ISBN
ISSN ISSN
issue issue priorityNumbers
journalAbbreviation journalAbbreviation
language language
license rights
medium medium system
number number
number-of-pages numPages
number-of-volumes numberOfVolumes
original-publisher originalPublisher
original-publisher-place originalPlace
page pages
part-number partNumber
part-title partTitle
PMCID PMCID
PMID PMID
publisher publisher
publisher-place place
references history references
scale scale
section section committee
shortTitle shortTitle
source libraryCatalog
status status
title title
title-short shortTitle
URL url
version versionNumber
volume volume codeNumber
`

const dateTable = `
accessed accessDate
issued date
original-date originalDate
submitted filingDate
`

const nameTable = `
author author creator
chair chair
collection-editor seriesEditor
composer composer
container-author bookAuthor
contributor contributor
director director
editor editor
executive-producer executiveProducer
guest guest
host host podcaster
interviewer interviewer
narrator narrator
organizer organizer
original-author originalCreator
performer castMember
producer producer
recipient recipient
reviewed-author reviewedAuthor
script-writer scriptwriter
series-creator seriesCreator
translator translator
`

// readOnly reports whether a variable is an old name of another one, which is
// the one written.
func readOnly(variable string) bool {
	return variable == "event" || variable == "shortTitle" || variable == "container-title-short"
}

// mapping is what the tables say, in both directions.
type mapping struct {
	types, texts, dates, names map[string][]string // Zotero's names by CSL's
	order                      []string            // text variables in the order of the table
	cslType                    map[string]string   // by item type
	cslName                    map[string]string   // by creator role
}

func newMapping() *mapping {
	m := &mapping{cslType: map[string]string{}, cslName: map[string]string{}}
	m.types, _ = parseTable(typeTable)
	m.texts, m.order = parseTable(textTable)
	m.dates, _ = parseTable(dateTable)
	m.names, _ = parseTable(nameTable)
	for csl, zotero := range m.types {
		for _, itemType := range zotero {
			m.cslType[itemType] = csl
		}
	}
	for csl, zotero := range m.names {
		for _, role := range zotero {
			m.cslName[role] = csl
		}
	}
	return m
}

func parseTable(table string) (rows map[string][]string, order []string) {
	rows = map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		words := strings.Fields(line)
		rows[words[0]] = words[1:]
		order = append(order, words[0])
	}
	return rows, order
}

// placeIsEvents reports whether items of a type keep the event's place in
// their field "place" (Zotero does so until these types have a field for it).
func placeIsEvents(itemType string) bool {
	return itemType == "audioRecording" || itemType == "presentation" || itemType == "videoRecording"
}
