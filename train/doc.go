// Package train trains and evaluates networks of package models by the recipes
// of the NAS-Bench-201 benchmark (Dong and Yang, ICLR 2020, section 2.3).
package train
