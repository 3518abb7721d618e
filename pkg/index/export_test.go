package index

// Segments returns the number of segments of an index.
func Segments(x *Index) int { return len(x.view.segments) }
