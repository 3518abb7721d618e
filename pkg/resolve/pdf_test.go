package resolve

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// TestWorks_OpenPDFs takes the address of an open file from answers that are asked for
// anyway: of Europe PMC before OpenAlex, and none that needs a subscription.
func TestWorks_OpenPDFs(t *testing.T) {
	const pmc, alex = "https://europepmc.example/1.pdf", "https://alex.example/1.pdf"
	registry := resolvetest.New(t,
		resolvetest.Work{DOI: "10.5555/both", Title: "Both", OpenAlexPDF: alex, EuropePMCPDFs: map[string]string{"OA": pmc}},
		resolvetest.Work{DOI: "10.5555/free", Title: "Free", EuropePMCPDFs: map[string]string{"F": pmc}},
		resolvetest.Work{DOI: "10.5555/alex", Title: "Alex", OpenAlexPDF: alex, EuropePMCPDFs: map[string]string{"S": pmc}},
		resolvetest.Work{DOI: "10.5555/shut", Title: "Shut", EuropePMCPDFs: map[string]string{"S": pmc}},
		resolvetest.Work{PMID: "31", Title: "PubMed", EuropePMCPDFs: map[string]string{"OA": pmc}},
		resolvetest.Work{ArXiv: "2101.00001", Title: "Preprint"},
	)
	r := resolver(t, registry)
	doi := func(s string) reference.Identifier { return reference.Identifier{Kind: reference.DOI, Value: s} }
	want := map[reference.Identifier]OpenPDF{
		doi("10.5555/both"):                          {pmc, EuropePMC},
		doi("10.5555/free"):                          {pmc, EuropePMC},
		doi("10.5555/alex"):                          {alex, OpenAlex},
		doi("10.5555/shut"):                          {},
		{Kind: reference.PMID, Value: "31"}:          {pmc, EuropePMC},
		{Kind: reference.ArXiv, Value: "2101.00001"}: {"https://arxiv.org/pdf/2101.00001v2", ArXiv},
	}
	var ids []reference.Identifier
	for id := range want {
		ids = append(ids, id)
	}
	for range 2 { // the second time from what is kept
		report := r.Works(t.Context(), ids, nil)
		for id, pdf := range want {
			if got := report.OpenPDFs[id]; got != pdf {
				t.Errorf("%s: %+v, want %+v", id, got, pdf)
			}
		}
	}
	if n := len(registry.Calls("europepmc")) + len(registry.Calls("arxiv")); n != 2 {
		t.Errorf("%d calls", n)
	}
}
