package cache

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// logPause is the least time between two lines of one kind in the log.
const logPause = time.Minute

// gap lets something pass once in logPause.
type gap struct {
	now func() time.Time

	mu   sync.Mutex
	last time.Time
	held int64
}

// pass reports whether enough time has gone by, and how many were held back meanwhile.
func (g *gap) pass() (held int64, ok bool) {
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.last.IsZero() && now.Sub(g.last) < logPause {
		g.held++
		return 0, false
	}
	held, g.held = g.held, 0
	g.last = now
	return held, true
}

// clientLog writes what go-redis has to say to the program's log, once in a while: it speaks at every failed attempt.
type clientLog struct {
	logger *slog.Logger
	gap    gap
}

// Printf is go-redis's interface of a logger.
func (l *clientLog) Printf(ctx context.Context, format string, args ...any) {
	held, ok := l.gap.pass()
	if !ok {
		return
	}
	l.logger.WarnContext(ctx, "Redis client", slog.String("says", fmt.Sprintf(format, args...)), slog.Int64("notTold", held))
}
