// Package secret resolves settings that hold secrets. The value of a setting is
// the secret itself, or a reference to Google's Secret Manager or to a file.
// Referenced secrets are read again in the background, and when a caller
// reports that a value was rejected. So a rotated secret takes effect without a
// restart and without a failed call.
//
// The former values of a rotated secret stay in [Source.All] for an overlap,
// for data that was sealed or signed under them. With Secret Manager this also
// holds across instances and restarts: an instance that starts after a rotation
// reads the former versions too, as long as they are enabled. To withdraw a
// value before its overlap ends, disable its version.
package secret
