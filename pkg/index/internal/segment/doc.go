// Package segment keeps postings in immutable segments, in memory or in files.
//
// The format and the code that reads and merges it are zap's, the segments of
// the bleve project; nothing outside this package knows zap. A posting holds a
// small weight and the positions of its term. Where a term stands at most three
// times in a document, weight and positions are packed into the one number that
// zap keeps as a frequency, which takes half the space of zap's locations.
package segment
