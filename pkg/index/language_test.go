package index_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// inflected are titles, the field "language" of their works, and queries with other
// forms of their words.
var inflected = []struct{ title, language, query string }{
	{"Die Häuser der Stadt und ihre Gärten", "de", "Haus Garten."},
	{"Untersuchungen über die Sprachen der Völker", "", "Untersuchung Sprache Volk."},
	{"Das Eisenbahnnetz in den Ländern", "Deutsch", "Eisenbahnnetze Land."},
	{"Les chevaux du roi et la révolution", "", "révolutions cheval."},
	{"Recherches sur les théories économiques", "fre", "recherche théorie économique."},
	{"Historias de las ciudades y comunicaciones", "es-ES", "historia comunicación."},
	{"La educación de los niños en las escuelas", "", "niño escuela educaciones."},
	{"Storia delle città e degli uomini italiani", "", "storie italiana."},
	{"Le teorie della conoscenza scientifica", "Italian", "teoria conoscenze scientifiche."},
	{"As revoluções e as cidades do século", "", "revolução cidade séculos."},
	{"A formação dos professores brasileiros", "pt-BR", "formação professor brasileira."},
	{"De gedichten van de Nederlandse schrijvers", "", "gedicht schrijver."},
	{"Onderzoekingen naar oude kaarten", "dut", "onderzoeking oud kaart."},
	{"Русские книги и история городов", "", "русская книга город."},
	{"Исследования новых языков", "rus", "исследование новый язык."},
	{"Svenska städernas historier och berättelser", "sv", "historia berättelse."},
	{"Undersökningar om skolorna i Sverige", "", "undersökning skola."},
}

// TestSearch_Inflections finds each work by other forms of its words, beside works
// in English.
func TestSearch_Inflections(t *testing.T) {
	s := shelf{}
	for i, w := range inflected {
		s.put(index.Document{Item: work(i+1, "title", w.title, "language", w.language)})
	}
	for i := range 30 {
		s.put(index.Document{Item: work(100+i, "title", "An English title on the history of cities", "language", "en")})
	}
	x := memory(t, s)
	for i, w := range inflected {
		r := search(t, x, library.Query{Text: w.query})
		if r.Total == 0 || r.Hits[0].Key != keyOf(i+1) {
			t.Errorf("%q: %d works, first %s, want %q", w.query, r.Total, keys(r), w.title)
		} else if r.Hits[0].Match == nil || r.Hits[0].Match.Source != library.SourceTitle {
			t.Errorf("%q: the match is %+v", w.query, r.Hits[0].Match)
		}
	}
}

// TestSearch_InflectedTexts finds a page of a text, and a phrase in it, by the
// language of its work.
func TestSearch_InflectedTexts(t *testing.T) {
	s := shelf{}
	s.put(index.Document{Item: work(1, "title", "Ein Buch", "language", "de"), Texts: []index.Text{{Attachment: "TEXT2222", Pages: []library.TextPage{
		{Number: 1, Text: "Von anderen Dingen ist hier die Rede."}, {Number: 2, Text: "Die alten Häuser standen am Fluss."},
	}}}})
	x := memory(t, s)
	for _, q := range []string{"altes Haus.", `"alte Häuser"`} {
		r := search(t, x, library.Query{Text: q})
		if r.Total != 1 || r.Hits[0].Match == nil || r.Hits[0].Match.Page != "2" {
			t.Errorf("%s: %+v", q, r.Hits)
		}
	}
	found, err := x.Passages(t.Context(), keyOf(1), library.PassageQuery{Question: "altes Haus", Limit: 5})
	if err != nil || len(found) != 1 || found[0].Page != "2" {
		t.Errorf("passages: %+v, %v", found, err)
	}
}

// TestSearch_LanguagesDoNotMix checks that the Spanish stem of "notes", which is
// "not", does not find the English word.
func TestSearch_LanguagesDoNotMix(t *testing.T) {
	s := shelf{}
	s.put(index.Document{Item: work(1, "title", "What is not known", "language", "en")})
	s.put(index.Document{Item: work(2, "title", "Notas de campo", "language", "es")})
	if r := search(t, memory(t, s), library.Query{Text: "notes."}); r.Total > 1 || r.Total == 1 && r.Hits[0].Key == keyOf(1) {
		t.Errorf("notes finds %s", keys(r))
	}
}

// TestSearch_Umlauts finds each spelling of a name and of a word by each other.
func TestSearch_Umlauts(t *testing.T) {
	for _, spellings := range [][]string{
		{"Müller", "Mueller", "Muller", "Mu\u0308ller"}, {"Gödel", "Goedel", "Godel"}, {"Ångström", "Angstrom", "Aangstroem"},
		{"Sørensen", "Soerensen", "Sorensen"}, {"Kierkegård", "Kierkegaard", "Kierkegard"}, {"Strauß", "Strauss"}, {"Łukasiewicz", "Lukasiewicz"},
		{"Værøy", "Vaeroey", "Vaeroy"},
	} {
		s := shelf{}
		for i, name := range spellings {
			for j, lang := range []string{"en", "de"} {
				it := work(10*i+j+1, "title", "A title", "language", lang)
				it.Creators = []library.Creator{{Role: "author", Given: "Anna", Family: name}}
				s.put(index.Document{Item: it})
			}
		}
		x := memory(t, s)
		for _, name := range spellings {
			for _, q := range []library.Query{{Text: name + "."}, {Creator: name}, {Creator: "Anna " + name}} {
				if r := search(t, x, q); r.Total != 2*len(spellings) {
					t.Errorf("%q, creator %q: %d of %d works", q.Text, q.Creator, r.Total, 2*len(spellings))
				}
			}
		}
	}
	s := shelf{}
	s.put(index.Document{Item: work(1, "title", "Einführung in die Lösungsansätze")})
	s.put(index.Document{Item: work(2, "title", "Einfuehrung in die Loesungsansaetze")})
	x := memory(t, s)
	for _, q := range []string{"Einführung Lösungsansätze.", "einfuehrung loesungsansaetze."} {
		if r := search(t, x, library.Query{Text: q}); r.Total != 2 {
			t.Errorf("%q: %d works of 2", q, r.Total)
		}
	}
	if r := search(t, x, library.Query{Text: "einfuhrung losungsansatze."}); r.Total == 0 || r.Hits[0].Key != keyOf(1) {
		t.Errorf("without diacritics: %s", keys(r))
	}
}

// TestSearch_StopWords requires no stop words of the question's language.
func TestSearch_StopWords(t *testing.T) {
	s := shelf{}
	s.put(index.Document{Item: work(1, "title", "Sprache und Denken", "language", "de")})
	s.put(index.Document{Item: work(2, "title", "Langage et pensée", "language", "fr")})
	s.put(index.Document{Item: work(3, "title", "To die for: a history", "language", "en")})
	x := memory(t, s)
	for text, want := range map[string]int{
		"Wie wirkt die Sprache auf das Denken?": 0, "Was ist die Sprache und das Denken?": 1, "Que sont le langage et la pensée ?": 2, "die history": 3,
	} {
		r := search(t, x, library.Query{Text: text})
		if want > 0 && (r.Total != 1 || r.Hits[0].Key != keyOf(want)) {
			t.Errorf("%q: total %d of %s, want %s", text, r.Total, keys(r), keyOf(want))
		}
		if want == 0 && (len(r.Hits) != 1 || len(r.Hits[0].Lacks) != 1) {
			t.Errorf("%q: %+v", text, r.Hits)
		}
	}
}
