package web_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/web"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	var down error
	log := &syncBuffer{}
	health := web.NewHealth(func(context.Context) error { return down }, logger(log))
	want := func(target string, status int, text string) {
		t.Helper()
		w := send(t, health.Handler(), "GET", target, "")
		if w.Code != status || strings.TrimSpace(w.Body.String()) != text {
			t.Errorf("%s: %d %q, want %d %q", target, w.Code, w.Body, status, text)
		}
	}
	want("/livez", 200, "alive")
	want("/readyz", 503, "starting")

	health.Serving()
	want("/readyz", 200, "ready")

	down = errors.New("dial tcp: SECRET")
	want("/readyz", 503, "database not ready")
	want("/livez", 200, "alive")
	if !strings.Contains(log.String(), "SECRET") {
		t.Errorf("the cause is not logged: %s", log)
	}

	down = nil
	want("/readyz", 200, "ready")
	health.Draining()
	want("/readyz", 503, "draining")
	want("/livez", 200, "alive")
}

func logger(to *syncBuffer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }
