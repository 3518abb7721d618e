// Package secret resolves the settings that hold secrets. A setting's value is
// the secret itself or says where it is kept, in Google's Secret Manager or in
// a file; what is kept elsewhere is read anew in the background and when
// somebody reports that it was refused, so that a rotated secret is taken up
// without a restart and without a failed call.
//
// The former values of a rotated secret stay in [Source.All] for an overlap,
// for whatever was sealed or signed under them. In Secret Manager that holds
// across instances and restarts: an instance that starts after a rotation
// reads the former versions too, as long as they are enabled. To withdraw a
// value before its overlap ends, disable its version.
package secret
