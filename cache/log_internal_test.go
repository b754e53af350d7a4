package cache

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestClientLogIsSparse has the client speak a thousand times in a minute, and once more later.
func TestClientLogIsSparse(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	l := clientLog{logger: slog.New(slog.NewTextHandler(&log, nil)), gap: gap{now: func() time.Time { return now }}}
	for range 1000 {
		l.Printf(t.Context(), "failed to dial after %d attempts", 1)
	}
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Errorf("%d lines, want 1", got)
	}
	now = now.Add(logPause)
	l.Printf(t.Context(), "again")
	if want := "says=again notTold=999\n"; !strings.HasSuffix(log.String(), want) {
		t.Errorf("%s, want a line that ends with %s", log.String(), want)
	}
}
