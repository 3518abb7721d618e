//go:build !linux

package datafolder

// Other systems than Linux have no portable flags for reading.
const openFlags, plainFlags = 0, 0
