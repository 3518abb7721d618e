package index

// Segments returns the number of segments of an index.
func Segments(x *Index) int { return len(x.view.segments) }

// SetBatch has a builder write a segment from so many bytes of analysed terms on.
func SetBatch(b *Builder, bytes int) { b.batch.most = bytes }

// Passages returns the number of passages of an index that count.
func Passages(x *Index) int { return x.view.passages }

// Fitted returns the number of works to which the space of an index is fitted, 0
// if it has none.
func Fitted(x *Index) int {
	if x.view.space == nil {
		return 0
	}
	return x.view.space.fitted
}
