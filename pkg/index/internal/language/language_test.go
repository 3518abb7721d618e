package language

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNames_Parse(t *testing.T) {
	names := NewNames()
	for field, want := range map[string]Language{
		"de": German, "ger": German, "deu": German, "German": German, "de-DE": German, "de_AT": German, "Deutsch": German, "ngerman": German,
		"DE": German, " german ": German, "Français": French, "fre": French, "fr-CA": French, "Español": Spanish, "português": Portuguese,
		"pt-BR": Portuguese, "Brazilian Portuguese": Portuguese, "Русский": Russian, "rus": Russian, "svenska": Swedish, "nb": Norwegian,
		"nn-NO": Norwegian, "Norsk bokmål": Norwegian, "nl": Dutch, "Nederlands": Dutch, "it": Italian, "Türkçe": Turkish, "română": Romanian,
		"magyar": Hungarian, "suomi": Finnish, "dansk": Danish, "en-GB": English, "English": English, "en; de": English, "German, English": German,
		"zh": English, "jpn": English, // no stemmer, but known not to be guessed
	} {
		if got, ok := names.Parse(field); got != want || !ok {
			t.Errorf("Parse(%q) = %v, %v, want %v", field, got, ok, want)
		}
	}
	for _, field := range []string{"", "mul", "und", "  ", "?", "unknown", "various languages", strings.Repeat("x", 1000)} {
		if got, ok := names.Parse(field); ok {
			t.Errorf("Parse(%q) = %v, want none", field, got)
		}
	}
}

// TestNames_Unambiguous checks that no name stands for two languages.
func TestNames_Unambiguous(t *testing.T) {
	seen := map[string]int{}
	for l, list := range codes() {
		for name := range strings.FieldsSeq(list) {
			if other, ok := seen[name]; ok {
				t.Errorf("%q is %d and %d", name, other, l)
			}
			seen[name] = l
		}
	}
}

func TestGuesser_Guess(t *testing.T) {
	g := NewGuesser()
	for text, want := range map[string]Language{
		"Die Kritik der reinen Vernunft":                             German,
		"Einführung in die Neurowissenschaften":                      German,
		"Kritik der Urteilskraft":                                    German,
		"Die Häuser der Stadt":                                       German,
		"À la recherche du temps perdu":                              French,
		"Les mots et les choses":                                     French,
		"Histoire de la folie à l'âge classique":                     French,
		"Cien años de soledad":                                       Spanish,
		"La evolución de las especies":                               Spanish,
		"Il nome della rosa":                                         Italian,
		"Storia della letteratura italiana":                          Italian,
		"História da educação no Brasil":                             Portuguese,
		"Geschiedenis van de Nederlandse letterkunde":                Dutch,
		"De ontdekking van de hemel":                                 Dutch,
		"Преступление и наказание":                                   Russian,
		"Svenska folkets historia":                                   Swedish,
		"Den svenska modellen":                                       Swedish,
		"En biografi om H. C. Ørsted og hans tid":                    Danish,
		"Undersøkelser om norske forhold etter 1814":                 Norwegian,
		"Tutkimus suomen kielestä ja sen murteista":                  Finnish,
		"A magyar nyelv története":                                   Hungarian,
		"Istoria limbii române":                                      Romanian,
		"Türk dili ve edebiyatı":                                     Turkish,
		"On the origin of species":                                   English,
		"El Niño effects on rainfall":                                English,
		"van der Waals forces":                                       English,
		"Vincent van Gogh letters":                                   English,
		"De novo synthesis in vitro":                                 English,
		"Los Alamos primer":                                          English,
		"Die hard":                                                   English,
		"Gaussian Quadrature Formulas (Algorithm 331 [D1])":          English,
		"Leonardo da Vinci notebooks":                                English,
		"Science Studies meets climate change: a workshop report":    English,
		"The concept of Bildung in German philosophy of the century": English,
		"":            English,
		"深度神经网络综述与展望": English,
	} {
		if got := g.Guess(text); got != want {
			t.Errorf("Guess(%q) = %d, want %d", text, got, want)
		}
	}
}

// TestStemmer_Term checks one pair of inflected forms for each language.
func TestStemmer_Term(t *testing.T) {
	for l, pair := range [Count][2]string{
		English: {"networks", "network"}, German: {"häuser", "haus"}, French: {"recherches", "recherche"}, Spanish: {"novelas", "novela"},
		Italian: {"città", "città"}, Portuguese: {"educações", "educação"}, Dutch: {"gedichten", "gedicht"}, Russian: {"книги", "книга"},
		Swedish: {"flickorna", "flickor"}, Danish: {"husene", "huset"}, Norwegian: {"husene", "huset"}, Finnish: {"taloissa", "talo"},
		Hungarian: {"házban", "ház"}, Romanian: {"limbii", "limba"}, Turkish: {"evler", "ev"},
	} {
		s := NewStemmer(Language(l))
		if a, b := s.Term([]byte(pair[0])), s.Term([]byte(pair[1])); a != b {
			t.Errorf("%d: %q and %q are %q and %q", l, pair[0], pair[1], a, b)
		}
		if got, _ := Cut(s.Term([]byte(pair[0]))); got != Language(l) {
			t.Errorf("the term of %q is of language %d, want %d", pair[0], got, l)
		}
		if term := s.Term([]byte("b2b")); term != Language(l).Tag()+"b2b" {
			t.Errorf("%d: the code b2b becomes %q", l, term)
		}
	}
}

func TestStemmer_FoldsStems(t *testing.T) {
	if got := NewStemmer(Spanish).Term([]byte("años")); got != Spanish.Tag()+"ano" && got != Spanish.Tag()+"anos" {
		t.Errorf("años is %q", got)
	}
}

func FuzzGuess(f *testing.F) {
	g, names := NewGuesser(), NewNames()
	f.Add("Die Kritik der reinen Vernunft", "de-DE")
	f.Add("\xff\u0308 ö", "\xff")
	f.Fuzz(func(t *testing.T, text, field string) {
		if l := g.Guess(text); l >= Count {
			t.Errorf("language %d", l)
		}
		l, _ := names.Parse(field)
		if l >= Count {
			t.Errorf("language %d", l)
		}
		s := NewStemmer(g.Guess(text))
		for word := range strings.FieldsSeq(strings.ToLower(text)) {
			if of, _ := Cut(s.Term([]byte(word))); of != s.language && utf8.ValidString(word) && word[0] >= byte(Count) {
				t.Errorf("the term of %q is of language %d", word, of)
			}
		}
		_ = l
	})
}
