//go:build !unix

package main

import "os"

// mayWrite returns why a folder can't be written, or nil. Without writing, only a
// missing folder is found.
func mayWrite(dir string) error {
	_, err := os.Stat(dir)
	return err
}
