// Package zotero reads libraries from Zotero: the Web API v3
// (https://www.zotero.org/support/dev/web_api/v3/start) and the desktop app's
// local API, which speaks the same language with differences.
//
// A [Client] has one method an endpoint and decodes whatever real servers
// answer. An [Account] is what one credential may see, and hands out
// [library.Reader]s. Libraries of a bounded size are read whole once and then
// followed by version, so that most questions cost Zotero nothing; larger ones
// are searched by Zotero, and the answer says what that leaves out.
package zotero
