package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// NotCounted stands in CacheStats for what a cache does not count.
const NotCounted = -1

// CacheStats are what a cache has counted since it was made. What it does not count is NotCounted.
type CacheStats struct {
	Hits, Misses  int64
	Stale         int64 // of the misses: kept, and made old by a change
	Evictions     int64 // made room for others
	Invalidations int64
	Failures      int64 // could not be asked, or gave what cannot be used
	Bytes         int64 // taken now
}

// Connections are those of a pool.
type Connections struct{ Size, Open, Used int }

// Sources are what a scrape reads. A function must neither wait nor ask the database; nil ones are left out.
type Sources struct {
	Connections func() Connections
	Fresh       func() bool  // whether all changes of the data are known
	Unprimed    func() int64 // loads that no resolver had looked ahead for
	Work        func() Work
}

// Read makes scrapes read sources, instead of those that were given before.
func (t *Telemetry) Read(s Sources) {
	t.scraped.mu.Lock()
	defer t.scraped.mu.Unlock()
	t.scraped.sources = s
}

// Cache makes scrapes read the counts of a cache. Of two with a name the later one counts.
func (t *Telemetry) Cache(name string, stats func() CacheStats) {
	t.scraped.mu.Lock()
	defer t.scraped.mu.Unlock()
	t.scraped.caches[name] = stats
}

// scraped are the metrics that are read at a scrape.
type scraped struct {
	poolSize, open, used, fresh, unprimed *prometheus.Desc
	counts                                []cacheCount
	work                                  workMetrics

	mu      sync.Mutex
	sources Sources
	caches  map[string]func() CacheStats
}

// cacheCount is a metric of all caches.
type cacheCount struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*CacheStats) int64
}

func newScraped(m *metrics) *scraped {
	describe := func(name, kind, help string, labels ...string) *prometheus.Desc {
		m.note(name, kind, help, labels)
		return prometheus.NewDesc(name, help, labels, nil)
	}
	s := &scraped{
		caches:   make(map[string]func() CacheStats),
		poolSize: describe("db_connection_pool_size", "gauge", "Most connections to the database for reads."),
		open:     describe("corpintel_db_connections_open", "gauge", "Connections of the pool that are open."),
		used:     describe("db_connections_checked_out", "gauge", "Connections of the pool that are in use."),
		fresh:    describe("corpintel_outbox_fresh", "gauge", "1 while all changes of the data are known, else 0: then caches are not used."),
		unprimed: describe("loader_unprimed_total", "counter", "Keys that were loaded without a resolver having looked ahead for them."),
	}
	s.work.init(describe)
	count := func(name, help string, of func(*CacheStats) int64) {
		s.counts = append(s.counts, cacheCount{describe(name, "counter", help, "cache"), prometheus.CounterValue, of})
	}
	count("corpintel_cache_hits_total", "Looks into a cache that found something good.", func(s *CacheStats) int64 { return s.Hits })
	count("corpintel_cache_misses_total", "Looks into a cache that did not.", func(s *CacheStats) int64 { return s.Misses })
	count("corpintel_cache_stale_total", "Of the misses: what was kept was made old by a change.", func(s *CacheStats) int64 { return s.Stale })
	count("corpintel_cache_evictions_total", "Entries that made room for others.", func(s *CacheStats) int64 { return s.Evictions })
	count("corpintel_cache_invalidations_total", "Tags or keys that changes made old.", func(s *CacheStats) int64 { return s.Invalidations })
	count("corpintel_cache_failures_total", "Looks that could not be made, or found what cannot be used.", func(s *CacheStats) int64 { return s.Failures })
	s.counts = append(s.counts, cacheCount{
		describe("corpintel_cache_bytes", "gauge", "Memory that a cache takes, about.", "cache"),
		prometheus.GaugeValue, func(s *CacheStats) int64 { return s.Bytes },
	})
	return s
}

// Describe implements prometheus.Collector.
func (s *scraped) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.poolSize, s.open, s.used, s.fresh, s.unprimed} {
		to <- d
	}
	for _, c := range s.counts {
		to <- c.desc
	}
	s.work.describe(to)
}

// Collect implements prometheus.Collector.
func (s *scraped) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gauge := func(d *prometheus.Desc, value int) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value))
	}
	if s.sources.Connections != nil {
		c := s.sources.Connections()
		gauge(s.poolSize, c.Size)
		gauge(s.open, c.Open)
		gauge(s.used, c.Used)
	}
	if s.sources.Fresh != nil {
		fresh := 0
		if s.sources.Fresh() {
			fresh = 1
		}
		gauge(s.fresh, fresh)
	}
	if s.sources.Unprimed != nil {
		to <- prometheus.MustNewConstMetric(s.unprimed, prometheus.CounterValue, float64(s.sources.Unprimed()))
	}
	if s.sources.Work != nil {
		s.work.collect(to, s.sources.Work())
	}
	for name, stats := range s.caches {
		counted := stats()
		for _, c := range s.counts {
			if n := c.of(&counted); n != NotCounted {
				to <- prometheus.MustNewConstMetric(c.desc, c.kind, float64(n), name)
			}
		}
	}
}
