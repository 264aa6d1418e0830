// Package weightsharing searches for architectures with shared weights: one
// supernet that holds every candidate is trained, and the architecture is chosen
// with its weights. Its algorithms are those of NATS-Bench's program
// (AutoDL-Projects, exps/NATS-algos): DARTS of first and second order (Liu et al.,
// ICLR 2019), GDAS (Dong and Yang, CVPR 2019), SETN (Dong and Yang, ICCV 2019),
// random search with weight sharing (Li and Talwalkar, UAI 2019) and ENAS (Pham et
// al., ICML 2018) for cells; TAS (Dong and Yang, NeurIPS 2019), masks by
// Gumbel-softmax (FBNetV2, Wan et al., CVPR 2020) and by REINFORCE (TuNAS, Bender
// et al., CVPR 2020) for widths.
//
// Architecture parameters are mixed, drawn and differentiated in double precision;
// the networks compute in float32.
package weightsharing
