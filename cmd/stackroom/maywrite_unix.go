//go:build unix

package main

import "golang.org/x/sys/unix"

// mayWrite returns why this user may not write in a folder, or nil. It does not
// write.
func mayWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
