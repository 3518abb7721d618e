// Package duplicate finds works that a library holds twice.
//
// Two works are duplicates if they share an identifier, or if title, people and
// year agree. Titles need not be equal to the letter; what tells two editions,
// two volumes or a work and its review apart keeps works apart.
package duplicate
