// Package wire is shared by every protocol of the server: bounded request
// bodies, a first scan of their JSON, and the headers and bodies of responses.
package wire
