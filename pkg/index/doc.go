// Package index ranks the works of a library and the passages of their texts
// for a query.
//
// It stores postings in segments of zap, bleve's format, behind package segment,
// and scores them itself: the weight of a word in a work is folded into one
// number when the work is indexed (BM25F: fields weighted, lengths normalised
// against fixed pivots), so that a search reads one postings list a word. The text of attachments is indexed as passages, documents that
// follow their work; the best passage counts for the work.
//
// The index keeps no text. What a passage says is read from [Source] for the
// few works that an answer shows.
package index
