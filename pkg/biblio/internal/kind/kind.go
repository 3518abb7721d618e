// Package kind knows which Zotero item type the names mean that programs give
// to types of works.
package kind

import (
	"slices"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/cslvar"
)

// table pairs each item type with the names for it, folded: those of BibTeX
// and BibLaTeX first, then those of biblatex-apa, biblatex-software, BibDesk,
// JabRef, Mendeley, Papers, EndNote and RefWorks.
const table = `
artwork artwork image figure graphic illustration painting photo photograph sculpture chart chartortable chartsandtables arts
audioRecording audio music song soundrecording recording cd album track speechrecording musicscore
bill legmaterial bill bills resolutions billsresolutions unenactedbill unenactedbillresolution draftbill
blogPost blog blogpost weblog postweblog
book book mvbook booklet manual collection mvcollection proceedings mvproceedings reference mvreference books editedbook bookedited wholebook ebook electronicbook monograph referencebook
book classicalwork ancienttext commented serial serialbookmonograph bookwhole inbooklet brochure catalog catalogue tome
bookSection inbook bookinbook suppbook incollection suppcollection commentary bookpart bookchapter inedited chapter section electronicbooksection booksection bookedition incollectionbook sectioninbook
case jurisdiction courtcase legalcase casecourtdecisions caselaw courtdecision courtdecisions
computerProgram software softwareversion softwaremodule codefragment hardware program computerprogram code sourcecode package rpackage app application game videogame computersoftware multimediaapplication artifactsoftware
conferencePaper inproceedings conference conferencepaper conferenceproceedings conferenceproceeding proceedingspaper conferencearticle meetingabstract inproceeding proceedingsarticle
dataset dataset data database onlinedatabase aggregateddatabase datafile artifactdataset
dictionaryEntry dictionaryentry dictionary glossdef indictionary
document misc set other document aggregation grant equation bibnote nameonly miscellaneous unusedtype
email email
encyclopediaArticle inreference encyclopedia encyclopediaarticle inencyclopedia wikipedia referenceentry
film movie film motionpicture filmorbroadcast moviefilm
forumPost forumpost forum discussionforum socialmedia tweet post onlinediscussionforum
hearing hearing hearings
instantMessage instantmessage chat
interview interview
journalArticle article periodical suppperiodical review journal journalarticle electronicarticle generic ejournalarticle inperiodical abstract articlejournal magazineorjournal journalelectronic
letter letter letters personalcommunication personal letterpersonal
magazineArticle magazine magazinearticle inmagazine
manuscript unpublished manuscript lecturenotes unpublishedwork unpublishedmaterial typescript notes pamphlet inpress
map map atlas
newspaperArticle newspaper newspaperarticle innewspaper
patent patent patentsub
podcast podcast
preprint preprint eprint arxiv postedcontent
presentation presentation talk slides lecture poster speech conferencepresentation conferenceposter
radioBroadcast radiobroadcast radio
report techreport report workingpaper technicalreport governmentdocument govdoc whitepaper pressrelease reportdocument discussionpaper laboratoryreport reportsdocuments
standard standard norm iso
statute legislation legal constitution legadminmaterial statute law act regulation legalruleorregulation legalrule treaty laws statutes lawsstatutes ordinance
thesis phdthesis mastersthesis bachelorsthesis thesis mathesis bathesis candthesis masterthesis bachelorthesis doctoralthesis dissertation diplomathesis diplomarbeit jurthesis licthesis habilitation dissertationthesis dissertationthesisunpublished ordthesis studentpaper
tvBroadcast tvbroadcast tv television televisionepisode televisionbroadcast tvepisode tvseries broadcast
videoRecording video videorecording dvd videodvd audiovisualmaterial audiovisual onlinemultimedia multimedia videotape
webpage online electronic www webpage website web url internet onlinesource internetcommunication electronicsource electroniccitation
`

// control are entries by which programs configure a style: no works.
const control = " ieeetranbstctl control bstctl achemsocontrol acscontrol revtexcontrol ieeebibbst "

// Kinds are the names of types. The zero value is not usable; see [New].
type Kinds struct{ types map[string]string }

// New returns the names.
func New() *Kinds {
	k := &Kinds{types: map[string]string{}}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		words := strings.Fields(line)
		for _, name := range words[1:] {
			k.types[name] = words[0]
		}
		k.types[Fold(words[0])] = words[0]
	}
	for csl, zotero := range cslvar.New().Types {
		for _, name := range append(slices.Clone(zotero), csl) {
			if k.types[Fold(name)] == "" {
				k.types[Fold(name)] = zotero[0]
			}
		}
	}
	return k
}

// Of returns the item type that a name means, however its words are set apart
// ("book_section", "Book Section", "bookSection"), and whether the name is
// known.
func (k *Kinds) Of(name string) (itemType string, ok bool) {
	itemType, ok = k.types[Fold(name)]
	return itemType, ok
}

// IsControl reports whether an entry of that type is no work but a setting of
// a style.
func IsControl(name string) bool { return strings.Contains(control, " "+Fold(name)+" ") }

// Fold returns the letters and digits of a name, in lower case.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
