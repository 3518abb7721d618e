// Package limit prevents one caller from starving the others, and all callers
// from starving the instance. It limits the calls of each caller and the
// concurrent calls, and determines the address of a caller behind proxies.
//
// Each instance has its own limits: with n instances a caller has up to n times
// the limit. A limit for a whole service must be in front of it, for example a
// Cloud Armor rule.
package limit
