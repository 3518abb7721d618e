package csljson

import "github.com/stackroom-mcp/stackroom/pkg/biblio/internal/cslvar"

// readOnly reports whether a variable is an old name of another one, which is
// the one written.
func readOnly(variable string) bool {
	return variable == "event" || variable == "shortTitle" || variable == "container-title-short"
}

// mapping is the tables of CSL's names, and their inverse.
type mapping struct {
	*cslvar.Tables
	cslType map[string]string // by item type
	cslName map[string]string // by creator role
}

func newMapping() *mapping {
	m := &mapping{Tables: cslvar.New(), cslType: map[string]string{}, cslName: map[string]string{}}
	for csl, zotero := range m.Types {
		for _, itemType := range zotero {
			m.cslType[itemType] = csl
		}
	}
	for csl, zotero := range m.Names {
		for _, role := range zotero {
			m.cslName[role] = csl
		}
	}
	return m
}

// placeIsEvents reports whether items of a type keep the event's place in
// their field "place" (Zotero does so until these types have a field for it).
func placeIsEvents(itemType string) bool {
	return itemType == "audioRecording" || itemType == "presentation" || itemType == "videoRecording"
}
