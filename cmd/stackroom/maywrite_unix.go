//go:build unix

package main

import "golang.org/x/sys/unix"

// mayWrite reports why this user may not write in a folder, without writing.
func mayWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
