package index

// Segments returns the number of segments of an index.
func Segments(x *Index) int { return len(x.view.segments) }

// Passages returns the number of passages of an index that count.
func Passages(x *Index) int { return x.view.passages }
