//go:build unix

package embedded

// Running returns the server on the folder of a Postgres, for tests that look at its process.
func (p *Postgres) Running() (Postmaster, bool, error) { return p.cluster.Running() }
