// Package twocell describes networks of two cells, a normal and a reducing one,
// as searches in the DARTS space find them: Liu et al., "DARTS: Differentiable
// Architecture Search" (ICLR 2019), with the skeleton of AutoDL-Projects'
// NASNetonCIFAR.
//
// A cell has two inputs, the results of the last two cells (the stem's twice at
// first): 0 the older, 1 the newer. Nodes 2, 3, ... are sums of operations on
// earlier values, and the result is the nodes of a list, their channels side by
// side.
//
//	network := twocell.Network{C: 36, N: 6, StemMultiplier: 3, Classes: 10, Genotype: genotype}
//
// Networks and genotypes are read from JSON as the published programs write
// them; see [Network] and [Genotype]. Nothing here computes: package models
// builds the networks.
package twocell
