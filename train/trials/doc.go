// Package trials trains many architectures and gathers what that leaves into
// benchmark files.
//
// A [Set] says which trials there are to be: architectures by seeds, each trained
// on some datasets. A [Runner] trains those of them that are missing in a folder
// and writes a trial file for each, in the layout of the published program that
// made NAS-Bench-201. Any number of processes may work on one folder. [Collect]
// makes the records of package bench from trial files.
package trials
