package proxies

// grasp is how the gradient changes along itself, by the weights.
func (p *passes) grasp() error {
	if !p.wanted[GraSP] {
		return nil
	}
	b := p.Batch.first(p.GraSPImages)
	if err := p.lossGradient(b); err != nil {
		return err
	}
	curvature, err := p.net.Curvature(b.Labels, p.copyGradients())
	if err != nil {
		return err
	}
	list := make(parts, len(p.layers))
	for i, l := range p.layers {
		list[i] = -curvature[l.weight()]
	}
	p.keepParts(GraSP, list)
	return nil
}
