// Package zotero reads libraries from Zotero: the Web API v3
// (https://www.zotero.org/support/dev/web_api/v3/start) and the desktop app's
// local API, which has the same routes with differences.
//
// [Members], [Keyring] and [Desktop] are the providers: each says which
// libraries a caller may read, asks Zotero for the caller's rights each time a
// library is opened, and opens its replica. A replica reads the library through
// a source, an implementation of [replica.Source]: one for the Web API, one for
// the desktop app. Decoding accepts what real servers answer; the conversion to
// objects of a replica is in convert.go.
package zotero
