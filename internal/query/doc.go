// Package query is what a benchmark answers to programs and people outside: the
// queries of package bench with their parameters as text, from a command line or
// a URL, and with answers that are written as JSON or as a table.
package query
