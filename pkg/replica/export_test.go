package replica

// SetFault sets what is called at each step of a reading.
func (rs *Replicas) SetFault(f func(at string) error) {
	rs.fault = func(s step) error { return f(string(s)) }
}

// Steps are the steps of a reading.
func Steps() []string {
	return []string{string(stepPage), string(stepKeys), string(stepMissing), string(stepWork), string(stepShelf)}
}
