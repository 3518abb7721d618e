// Package limit keeps one caller from starving the rest, and all of them from
// starving the instance: a budget of calls for each caller, a bound on how
// many calls run at once, and the address of a caller behind proxies.
//
// Every bound is an instance's own: with n instances a caller has up to n
// times the budget. A bound for a whole service stands before it, for example
// as a Cloud Armor rule.
package limit
