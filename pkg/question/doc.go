// Package question reads the text of a query: words, phrases, operators, fields
// and years, and the works that a text names by an identifier.
//
//	query       = alternative { ( "OR" | "|" ) alternative } ;
//	alternative = run { "AND" run } ;
//	run         = factor { factor } ;
//	factor      = [ "NOT" | "-" ] ( operand | text ) | scope ;
//	operand     = word | word "*" | phrase | years | field | "(" query ")" ;
//	text        = "has:text" ;
//	phrase      = '"' text '"' ;
//	field       = name ":" ( word | word "*" | phrase | "(" query ")" ) ;
//	years       = year "-" year ;
//	scope       = "in:" part { "," part } ;
//
// Names of fields are author, title, abstract, note, annotation, fulltext, tag,
// journal, year, type, key, doi, isbn, arxiv, pmid, and the synonyms in
// field.go. A value of "year:" may also be ">1990", ">=1990", "<1990", "<=1990",
// "1990-" or "-1990". A scope applies to the query or the brackets in which it
// stands, and so does "has:text" beside other factors; it is met by works of which a
// text can be read and searched. Operators are in capitals, "-" stands directly before
// its operand, and AND joins more closely than OR.
//
// Every text is a query. What looks like an operator and is none, such as a
// bracket without its pair, is read as words, and a notice says so.
package question
