package consistency_test

import (
	"testing"

	"github.com/corpintel/corpintel/store/storetest"
)

// TestCrash takes steps, kills PostgreSQL, which gives numbers of transactions anew then that were not written down, and takes more.
func TestCrash(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	w := newWorldOn(t, cluster.URL(), *seed, mistakes{patient: true})
	for range 2 {
		w.must(w.take(*steps / 20))
		w.must(w.fillRedis())
		sources := [2]string{w.servers[0].follower.Point().Source, w.servers[1].follower.Point().Source}
		cluster.Kill()
		w.open = nil // they are gone
		cluster.Start()
		w.pool.Reset() // whose connections are of no use
		for i, s := range w.servers {
			s.store.Pool().Reset()
			w.reach(s)
			if source := s.follower.Point().Source; source == "" || source == sources[i] {
				t.Errorf("%s follows %q, as before the crash", s.name, source)
			}
		}
		w.must(w.readKept())
	}
	w.must(w.take(*steps / 20))
	w.wantUse(t)
}
