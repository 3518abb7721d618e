// Package wire holds what every protocol of the server shares on the wire:
// bounded request bodies, a first look at their JSON, and the headers and
// bodies of answers.
package wire
