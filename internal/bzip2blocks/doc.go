// Package bzip2blocks reads bzip2 files from any place. A bzip2 file is a row of
// blocks of up to 900 kB that do not depend on each other: they are found by
// the pattern of bits that each begins with, decoded some at a time ahead of
// their use, and their places are remembered.
package bzip2blocks
