// Package latent fits a latent semantic space to the works of a library: a
// truncated singular value decomposition of the matrix of works and weighted terms
// (Deerwester et al. 1990), by a randomized block power iteration (Halko,
// Martinsson, Tropp 2011). Works on one subject are near in that space although
// they use other words.
//
// The result depends on nothing but the works, in any order.
package latent
