package kind

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// roleTable pairs creator roles of Zotero with what programs call them,
// folded: values of BibLaTeX's "editortype", of biblatex-apa, and roles of
// EndNote, RIS and MARC (relator codes and terms).
const roleTable = `
author author aut writer coauthor
bookAuthor bookauthor containerauthor
castMember castmember cast actor act performer
cartographer cartographer ctg
chair chair moderator mod
composer composer cmp music
contributor contributor ctb collaborator clb annotator commentator commentary introduction foreword afterword prologue epilogue illustrator ill redactor founder continuator reviser photographer consultant
creator creator cre
director director drt filmmaker
editor editor edt ed eds compiler com
executiveProducer executiveproducer execproducer execproducers executiveproducers
guest guest
host host hst presenterhost
interviewee interviewee ive
interviewer interviewer ivr
inventor inventor inv
narrator narrator nrt
organizer organizer organiser orm
originalCreator originalcreator originalauthor
performer performer prf musician artist singer
podcaster podcaster
presenter presenter pre speaker spk
producer producer pro
programmer programmer prg developer
recipient recipient rcp addressee
reviewedAuthor reviewedauthor
scriptwriter scriptwriter screenwriter aus writer writers teleplay scenarist
seriesCreator seriescreator showrunner
seriesEditor serieseditor collectioneditor
sponsor sponsor spn
translator translator trl translation
wordsBy wordsby lyricist lyr librettist
`

// Role returns the role of an item type's creators that a name means: the
// first that the type has, "contributor" if it has none, "" if the name is
// unknown.
func Role(itemType, name string) string {
	folded := Fold(name)
	if folded == "" {
		return ""
	}
	known := false
	for line := range strings.Lines(strings.TrimSpace(roleTable)) {
		words := strings.Fields(line)
		for _, alias := range words[1:] {
			if alias != folded {
				continue
			}
			known = true
			if zschema.ValidCreator(itemType, words[0]) {
				return words[0]
			}
		}
	}
	if known {
		return "contributor"
	}
	return ""
}
