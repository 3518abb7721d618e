// Package vector keeps the vectors of works small. At rest a vector has a byte for
// each of at most [Dimensions] dimensions. In memory it has a bit for each: bits
// choose the works that are compared by bytes.
package vector
