// Package cslvar holds the names of CSL (https://docs.citationstyles.org) and
// the Zotero names for them, as Zotero's schema (version 43) has them. A line
// of a table is a CSL name and the Zotero names for it; the first that an item
// type has is used.
package cslvar

import "strings"

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

// Tables are the Zotero names by CSL's: item types, the fields of text and
// date variables, the creator roles of name variables.
type Tables struct {
	Types, Texts, Dates, Names map[string][]string
	TextOrder                  []string // the text variables in the order of the table
}

// New returns the tables.
func New() *Tables {
	t := &Tables{}
	t.Types, _ = parse(typeTable)
	t.Texts, t.TextOrder = parse(textTable)
	t.Dates, _ = parse(dateTable)
	t.Names, _ = parse(nameTable)
	return t
}

func parse(table string) (rows map[string][]string, order []string) {
	rows = map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		words := strings.Fields(line)
		rows[words[0]] = words[1:]
		order = append(order, words[0])
	}
	return rows, order
}
