package latent

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
)

// Space is what a file holds: a model, and the points of the works of a segment,
// in their order.
type Space struct {
	Model  *Model
	Fitted int // number of works of the library to which the model was fitted
	Works  []Point
}

// magic begins a file; the digit is the version of the format.
const magic = "latent 1\n"

// Encode returns the space as a file holds it. A checksum ends it.
func (s *Space) Encode() []byte {
	m := s.Model
	b := make([]byte, 0, len(magic)+24+len(m.texts)*(Dimensions+16)+len(s.Works)*Dimensions)
	b = append(b, magic...)
	for _, n := range []int{Dimensions, s.Fitted, len(m.texts), len(s.Works)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	for i, text := range m.texts {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(m.scales[i]))
	}
	b = appendBytes(b, m.vectors)
	for i := range s.Works {
		b = appendBytes(b, s.Works[i][:])
	}
	return appendSum(b)
}

// appendSum appends the checksum of b.
func appendSum(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli()))
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func appendBytes(b []byte, v []int8) []byte {
	for _, x := range v {
		b = append(b, byte(x))
	}
	return b
}

// errDamaged is the error for a file that is not as Encode wrote it.
var errDamaged = errors.New("the latent space is damaged or of another version")

// Decode reads what [Space.Encode] wrote.
func Decode(b []byte) (*Space, error) {
	body := len(b) - 4
	if body < len(magic)+16 || string(b[:len(magic)]) != magic || binary.LittleEndian.Uint32(b[body:]) != crc32.Checksum(b[:body], castagnoli()) {
		return nil, errDamaged
	}
	b = b[len(magic):body]
	var numbers [4]int
	for i := range numbers {
		numbers[i], b = int(binary.LittleEndian.Uint32(b)), b[4:]
	}
	terms, works := numbers[2], numbers[3]
	if numbers[0] != Dimensions || terms > MostTerms || terms+works > len(b)/Dimensions {
		return nil, errDamaged
	}
	m, rest, ok := decodeTerms(b, terms)
	if !ok || len(rest) != (terms+works)*Dimensions || !sortedTexts(m.texts) {
		return nil, errDamaged
	}
	for i := range m.vectors {
		m.vectors[i] = int8(rest[i])
	}
	s := &Space{Model: m, Fitted: numbers[1], Works: make([]Point, works)}
	rest = rest[len(m.vectors):]
	for i := range s.Works {
		for j := range s.Works[i] {
			s.Works[i][j] = int8(rest[i*Dimensions+j])
		}
	}
	return s, nil
}

// decodeTerms reads the texts and scales of terms.
func decodeTerms(b []byte, terms int) (m *Model, rest []byte, ok bool) {
	m = &Model{texts: make([]string, terms), scales: make([]float32, terms), vectors: make([]int8, terms*Dimensions)}
	for i := range m.texts {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) || len(b)-size-int(n) < 4 {
			return nil, nil, false
		}
		b = b[size:]
		m.texts[i] = string(b[:n])
		m.scales[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[n:]))
		b = b[n+4:]
	}
	return m, b, true
}
