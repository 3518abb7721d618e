// Package tool is what an assistant sees of Stackroom: the catalogue of tools,
// resources and prompts, their schemas, their budgets and the wording of their
// errors.
//
// A tool reads its arguments with the same declaration that its input schema
// is made from, asks one or more libraries, and writes an answer that is never
// longer than [Options].ResultChars and never cut without saying so. Text from
// a library is untrusted: it leaves only in fields that the output
// schema calls untrusted, without control characters, markup or live links.
package tool
