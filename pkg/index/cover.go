package index

// cover knows how much of a query a set of its words is, by their weights.
type cover struct {
	words   int
	weights [maxScored]float32
	lanes   [maxScored]uint8 // the same as whole numbers whose sum fits a byte
	// table holds the sums for each byte of a mask, as far as there are words.
	table [maxScored / 8][256]float32
}

func (c *cover) reset(words int) {
	c.words = words
	clear(c.weights[:words])
}

// weigh says that a word has at least that weight.
func (c *cover) weigh(word int, weight float32) { c.weights[word] = max(c.weights[word], weight) }

// finish makes the weights shares of 1.
func (c *cover) finish() {
	sum := float32(0)
	for _, w := range c.weights[:c.words] {
		sum += w
	}
	if sum == 0 {
		sum = 1
	}
	const most = 255 - maxScored
	for i := range c.words {
		c.weights[i] /= sum
		c.lanes[i] = uint8(1 + most*c.weights[i])
	}
	for at := 0; at < c.words; at += 8 {
		n := min(8, c.words-at)
		table := &c.table[at/8]
		table[0] = 0
		for i := range n {
			for mask := range 1 << i {
				table[1<<i|mask] = table[mask] + c.weights[at+i]
			}
		}
	}
}

// share returns the weight of the words in mask, 0 to 1.
func (c *cover) share(mask uint64) float32 {
	sum := c.table[0][mask&0xff]
	for i := 1; 8*i < c.words; i++ {
		sum += c.table[i][mask>>(8*i)&0xff]
	}
	return sum
}

// lane returns the same in the measure of a work's lanes.
func (c *cover) lane(mask uint64) uint8 {
	sum := uint8(0)
	for i := range c.words {
		if mask>>i&1 == 1 {
			sum += c.lanes[i]
		}
	}
	return sum
}
