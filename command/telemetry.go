package command

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/corpintel/corpintel/cache/apq"
	"github.com/corpintel/corpintel/cache/lru"
	"github.com/corpintel/corpintel/events"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web/answers"
	"github.com/corpintel/corpintel/web/document"
)

// telemetryFlags say what is logged of requests.
type telemetryFlags struct {
	Requests  string           `name:"log-requests" setting:"CORPINTEL_LOG_REQUESTS" enum:"auto,on,off" default:"auto" placeholder:"WHEN" help:"Whether every request is logged: on, off, or auto, which is on where the format is json."`
	Slow      optionalDuration `name:"slow-operation" setting:"CORPINTEL_SLOW_OPERATION" default:"500ms" placeholder:"DURATION" help:"How long an operation takes that is logged with its statements; 0 logs none."`
	Variables bool             `name:"log-variables" setting:"CORPINTEL_LOG_VARIABLES" help:"Log the variables of slow operations too, which may be confidential."`
}

// open returns what counts and logs.
func (f telemetryFlags) open(logs *logFlags, logger *slog.Logger) *telemetry.Telemetry {
	return telemetry.New(telemetry.Options{
		Logger: logger, Requests: f.Requests == "on" || f.Requests == "auto" && logs.Format == "json",
		Slow: time.Duration(f.Slow), Variables: f.Variables,
	})
}

// observer counts the round trips of a store.
type observer struct{ telemetry *telemetry.Telemetry }

// Observe implements store.Observer.
func (o observer) Observe(ctx context.Context, trip store.RoundTrip) {
	o.telemetry.Trip(ctx, telemetry.Trip{
		Start: trip.Start, Waited: trip.Waited, Took: trip.Took, Again: trip.Again, Failed: trip.Err != nil, Fault: faultOf(trip.Err),
		Cancelled: trip.Err != nil && errors.Is(ctx.Err(), context.Canceled),
	}, trip.Len(), func(i int) telemetry.Statement {
		s := trip.Statement(i)
		return telemetry.Statement{Name: s.Name, Rows: s.Rows, Took: s.Took}
	})
}

// told is what a server has that scrapes read.
type told struct {
	loaders   *loaders.Loaders
	entities  *loaders.Entities // nil: no rows are kept
	answers   *answers.Cache    // nil: no answers are kept
	documents *document.Store
	apq       *apq.APQ
}

// tell makes scrapes read the counts of what the server is made of.
func (s *server) tell(what told) {
	sources := telemetry.Sources{
		Connections: func() telemetry.Connections { return telemetry.Connections(s.store.Connections()) },
		Fresh:       s.events.Fresh,
		Unprimed:    what.loaders.Unprimed,
	}
	if s.work != nil {
		sources.Work = s.work.Stats
	}
	s.telemetry.Read(sources)
	s.events.Subscribe(func(b events.Batch) {
		if len(b.Changes) > 0 {
			s.telemetry.OutboxLag(b.Lag)
		}
	})
	if what.answers != nil {
		s.tellAnswers(what.answers)
	}
	if what.entities != nil {
		s.telemetry.Cache("entities", func() telemetry.CacheStats {
			c := what.entities.Stats()
			return changingStats(lru.Stats{Hits: c.Hits, Misses: c.Misses, Evictions: c.Evictions, Bytes: c.Bytes}, c.Stale, c.Invalidations)
		})
	}
	s.tellDocuments(what.documents)
	s.telemetry.Cache("apq", func() telemetry.CacheStats {
		return textStats(what.apq.Stats())
	})
	if s.registry.clients != nil {
		s.telemetry.Cache("texts", func() telemetry.CacheStats {
			return textStats(s.registry.clients.TextStats())
		})
	}
	if s.redis != nil {
		s.telemetry.Cache("redis", func() telemetry.CacheStats {
			c := s.redis.Stats()
			return telemetry.CacheStats{
				Hits: c.Hits, Misses: c.Misses, Failures: c.Failures + c.Rejected, Stale: telemetry.NotCounted,
				Evictions: telemetry.NotCounted, Invalidations: telemetry.NotCounted, Bytes: telemetry.NotCounted,
			}
		})
	}
}

func (s *server) tellAnswers(kept *answers.Cache) {
	s.telemetry.Cache("answers", func() telemetry.CacheStats {
		c := kept.Stats()
		return changingStats(lru.Stats{Hits: c.Hits, Misses: c.Misses, Evictions: c.Evictions, Bytes: c.Bytes}, c.Stale, c.Invalidations)
	})
	if s.redis == nil {
		return
	}
	s.telemetry.Cache("shared_answers", func() telemetry.CacheStats {
		c := kept.Stats().Shared
		return telemetry.CacheStats{
			Hits: c.Hits, Misses: c.Misses + c.Stale + c.Spoilt, Stale: c.Stale, Failures: c.Spoilt,
			Evictions: telemetry.NotCounted, Invalidations: telemetry.NotCounted, Bytes: telemetry.NotCounted,
		}
	})
}

func (s *server) tellDocuments(documents *document.Store) {
	s.telemetry.Cache("documents", func() telemetry.CacheStats {
		kept, _ := documents.Stats()
		return textStats(kept)
	})
	s.telemetry.Cache("registered_documents", func() telemetry.CacheStats {
		_, registered := documents.Stats()
		return textStats(registered)
	})
}

// changingStats are those of a cache of what changes make old.
func changingStats(c lru.Stats, stale, invalidations int64) telemetry.CacheStats {
	stats := textStats(c)
	stats.Stale, stats.Invalidations = stale, invalidations
	return stats
}

// textStats are those of a cache of what never changes.
func textStats(c lru.Stats) telemetry.CacheStats {
	return telemetry.CacheStats{
		Hits: c.Hits, Misses: c.Misses, Evictions: c.Evictions, Bytes: c.Bytes,
		Stale: telemetry.NotCounted, Invalidations: telemetry.NotCounted, Failures: telemetry.NotCounted,
	}
}
