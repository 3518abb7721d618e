package index

import (
	"math"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// kind is a part of a work that has its own weight. The order is that of
// preference where two parts show a query equally well.
type kind uint8

const (
	kindTitle kind = iota
	kindCreators
	kindTags
	kindAbstract
	kindNote
	kindAnnotation
	kindMetadata
	kinds
)

// sources are the parts under their name in [library.Passage].
var sources = [kinds]library.Source{
	library.SourceTitle, library.SourceCreators, library.SourceTags, library.SourceAbstract,
	library.SourceNote, library.SourceAnnotation, library.SourceMetadata,
}

// fieldWeight says how much a word in a part counts. BM25F (Robertson,
// Zaragoza, Taylor 2004) with one difference: lengths are normalised against
// a fixed pivot instead of the library's mean, so that the weight of a word
// in a work never changes and can be stored.
type fieldWeight struct {
	weight float64 // against the abstract
	b      float64 // how far length counts, 0 to 1
	pivot  float64 // words at which length counts neither way
}

var fieldWeights = [kinds]fieldWeight{
	kindTitle:      {2.5, 0.3, 10},
	kindCreators:   {2.5, 0.2, 6},
	kindTags:       {1.8, 0.2, 8},
	kindAbstract:   {1.0, 0.7, 150},
	kindNote:       {0.8, 0.6, 150},
	kindAnnotation: {0.8, 0.6, 100},
	kindMetadata:   {0.5, 0.2, 15},
}

// passageWeight is the weight of a word in a passage of an attachment's text,
// and passageShare how much the best passage counts for its work.
var passageWeight = fieldWeight{1.0, 0.5, 180}

const passageShare = 0.5

// termSaturation is BM25's k1: how soon more of the same word stops counting.
const termSaturation = 1.8

// An impact is stored as one of impactLevels on a logarithmic scale from
// leastImpact up. A posting's weight holds the level in its lowest bits and
// above them the mask of the parts in which the word stands:
// [segment.WeightBits] together.
const (
	levelBits    = 6
	impactLevels = 1 << levelBits
	leastImpact  = 1.0 / 8
	octaveLevels = 7 // levels in which an impact doubles
)

// impact returns what occurrences of a word in a part of that many words add
// to its weight.
func (f *fieldWeight) impact(occurrences, words int) float64 {
	return f.weight * float64(occurrences) / (1 - f.b + f.b*float64(words)/f.pivot)
}

// level returns an impact as it is stored; never 0, which scorch takes for a
// posting without a frequency.
func level(impact float64) int {
	return max(1, min(impactLevels-1, int(math.Round(octaveLevels*math.Log2(impact/leastImpact)))))
}

// saturations maps the level of an impact to its share of a word's score,
// BM25's tf·(k1+1)/(tf+k1).
var saturations = saturationTable()

func saturationTable() (t [impactLevels]float32) {
	for i := range t {
		x := leastImpact * math.Exp2(float64(i)/octaveLevels)
		t[i] = float32(x * (termSaturation + 1) / (x + termSaturation))
	}
	return t
}

// inverseFrequency is [library.InverseFrequency] as scores have it.
func inverseFrequency(total, n int) float32 { return float32(library.InverseFrequency(total, n)) }
