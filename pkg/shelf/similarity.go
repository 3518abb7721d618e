package shelf

// similarity returns how alike two folded texts are, from 0 to 1: the share
// of pairs of neighbouring characters that they have in common (Dice's
// coefficient), which forgives typing errors and works in every script.
func similarity(a, b string) float64 {
	if a == b {
		return 1
	}
	pairs := map[[2]rune]int{}
	total := 0
	count := func(s string, step int) (common int) {
		runes := []rune(s)
		for i := range len(runes) - 1 {
			p := [2]rune{runes[i], runes[i+1]}
			if step < 0 && pairs[p] > 0 {
				common++
			}
			pairs[p] += step
			total++
		}
		return common
	}
	count(a, 1)
	common := count(b, -1)
	if total == 0 {
		return 0
	}
	return 2 * float64(common) / float64(total)
}
