package csl

// labelOf is how a locator's label is written inside of a value.
var labelOf = map[string]string{
	"addendum": "add.", "amendment": "amend.", "annotation": "annot.", "appendix": "app.", "article": "art.",
	"bibliography": "bibliog.", "book": "bk.", "chapter": "ch.", "clause": "cl.", "column": "col.",
	"comment": "cmt.", "decision": "dec.", "department": "dept.", "example": "ex.", "field": "fld.",
	"figure": "fig.", "folio": "fol.", "hypothetical": "hypo.", "illustration": "illus.",
	"introduction": "intro.", "issue": "no.", "line": "l.", "note": "n.", "opus": "op.", "page": "p.",
	"paragraph": "para.", "part": "pt.", "preamble": "pmbl.", "principle": "princ.", "publication": "pub.",
	"randnummer": "rn.", "rule": "r.", "schedule": "sched.", "section": "sec.", "sub-verbo": "sv.",
	"subchapter": "subch.", "subdivision": "subdiv.", "subparagraph": "subpara.", "subsection": "subsec.",
	"supplement": "supp.", "table": "tbl.", "title": "tit.", "verse": "vrs.", "volume": "vol.",
}

// termOf is labelOf the other way round.
var termOf = labelTermTable(labelOf)

func labelTermTable(labels map[string]string) map[string]string {
	table := make(map[string]string, len(labels)+1)
	for term, label := range labels {
		table[label] = term
	}
	table["pp."] = "page"
	return table
}
