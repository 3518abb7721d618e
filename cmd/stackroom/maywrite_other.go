//go:build !unix

package main

import "os"

// mayWrite reports why nothing can be written in a folder, as far as that can
// be told without writing: that it is not there.
func mayWrite(dir string) error {
	_, err := os.Stat(dir)
	return err
}
