package identity

import "time"

// Grant is a right that a member gave to a program: a personal access token, or the
// connection of a client that signed in.
type Grant struct {
	Name             string // of the token or the client, "" if it is not known
	Write            bool   // it may change libraries
	Created, Expires time.Time
	// EndPath is the path of the form that ends the grant, with a field of the name
	// Field and the value Key.
	EndPath, Field, Key string
}

// Grants are the grants of a member.
type Grants struct {
	Tokens, Connections []Grant
	// Keys says that the upstream made a key for each, which stays when it is ended.
	Keys bool
	// Form is the value of the hidden field "form" of the forms that end them.
	Form string
}
