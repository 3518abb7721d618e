package datafolder

import "syscall"

// openFlags opens a file without a change of its access time, which only the
// file's owner may do, and without waiting for the writer of a pipe.
const openFlags = syscall.O_NOATIME | syscall.O_NONBLOCK

// plainFlags is for those who are not the owner.
const plainFlags = syscall.O_NONBLOCK
