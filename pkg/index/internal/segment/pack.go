package segment

// WeightBits is the number of bits of a posting's weight.
const WeightBits = 13

// A packed posting holds, from the lowest bit: the weight, the number of
// positions (0 if they are kept apart), the first position, and each further
// position's distance from the one before. The number stays below 2^52.
const (
	countBits    = 2
	positionBits = 12
	maxPacked    = 1<<countBits - 1
)

// pack returns weight and positions, which rise, as one number. ok is false if
// there are too many positions or one is too large; the number then holds the
// weight alone.
func pack(weight int, positions []uint32) (packed uint64, ok bool) {
	packed = uint64(weight)
	if len(positions) > maxPacked {
		return packed, false
	}
	before := uint32(0)
	bits := uint64(0)
	for i, p := range positions {
		if p-before >= 1<<positionBits || p < before {
			return packed, false
		}
		bits |= uint64(p-before) << (positionBits * i)
		before = p
	}
	return packed | uint64(len(positions))<<WeightBits | bits<<(WeightBits+countBits), true
}

// weightOf returns the weight in a packed posting.
func weightOf(packed uint64) int { return int(packed & (1<<WeightBits - 1)) }

// unpack appends the positions in a packed posting to into, and reports whether
// there are any: if not, they may be kept apart.
func unpack(packed uint64, into []uint64) ([]uint64, bool) {
	n := int(packed >> WeightBits & maxPacked)
	bits := packed >> (WeightBits + countBits)
	position := uint64(0)
	for range n {
		position += bits & (1<<positionBits - 1)
		into = append(into, position)
		bits >>= positionBits
	}
	return into, n > 0
}
