// Package source says what a benchmark needs of the place where its records come
// from, and makes all of it of a place that reads whole records.
package source
