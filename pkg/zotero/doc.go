// Package zotero reads libraries from Zotero: the Web API v3
// (https://www.zotero.org/support/dev/web_api/v3/start) and the desktop app's
// local API, which speaks the same language with differences.
//
// A [Client] has one method an endpoint and decodes whatever real servers
// answer. An [Account] is what one credential may see, and hands out
// [library.Reader]s. The first questions to a library are answered by Zotero's
// quick search, a call each; when a second one has come the library is read
// whole and then followed by version, so that most questions cost Zotero
// nothing. One that takes more memory than it may is searched by Zotero. What
// an answer leaves out, it says.
package zotero
