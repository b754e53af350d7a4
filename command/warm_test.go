package command_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/store/storetest"
)

// TestWarmUp starts servers on a database: what it fetches before it is ready is answered without a statement.
func TestWarmUp(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	mustRun(t, openTo(url), "demo", "--companies", "10")
	s := serve(t, openTo(url, "CORPINTEL_WARM_UP=1m"))
	wantContains(t, s.stderr.String(), "warmed up")
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var symbol, name string
	const largest = "select ticker, name from companies where ticker is not null order by market_cap desc nulls last limit 1"
	if err := conn.QueryRow(t.Context(), largest).Scan(&symbol, &name); err != nil {
		t.Fatal(err)
	}
	release := lockCompanies(t, url) // who asks the database for a company waits
	defer release()
	status, body := s.query(t, `{ company(ticker: "`+symbol+`") { name tickers { symbol } filingSummary { count } } }`)
	if status != http.StatusOK || !strings.Contains(body, name) || strings.Contains(body, "errors") {
		t.Errorf("%d %s", status, body)
	}
}

// lockForms makes the warm-up wait, and nothing else at the start.
func lockForms(t *testing.T, url string) {
	t.Helper()
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), "begin; lock table company_forms in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
}

// TestWarmUpIsBounded starts a server while nobody may read what the warm-up fetches: it is ready when its time is over.
func TestWarmUpIsBounded(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	mustRun(t, openTo(url), "demo", "--companies", "10")
	lockForms(t, url)
	s := serve(t, openTo(url, "CORPINTEL_WARM_UP=300ms"))
	wantContains(t, s.stderr.String(), "warm-up ended early")
	if status, body := s.get(t, s.health+"/readyz"); status != http.StatusOK {
		t.Errorf("readyz: %d %q", status, body)
	}
	if status, body := s.query(t, `{ companies(first: 1) { totalCount } }`); status != http.StatusOK || strings.Contains(body, "errors") {
		t.Errorf("%d %s", status, body)
	}
}

// TestWarmUpIsLeft ends a server that warms up: until then it was not ready.
func TestWarmUpIsLeft(t *testing.T) {
	t.Parallel()
	url := storetest.NewEmpty(t)
	mustRun(t, openTo(url), "demo", "--companies", "10")
	lockForms(t, url)
	p := start(t, openTo(url, "CORPINTEL_WARM_UP=1h"))
	awaitLockWaiter(t, url)
	if out := p.stdout.String(); out != "" {
		t.Errorf("it says that it is ready: %s", out)
	}
	p.interrupt()
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr)
	}
}

// TestWarmUpSettings refuses times that are none.
func TestWarmUpSettings(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"-1s", "soon", "2"} {
		code, _, stderr := run(t, openTo("postgres://nowhere/x", "CORPINTEL_WARM_UP="+value), "serve")
		if code != 2 || !strings.Contains(stderr, "CORPINTEL_WARM_UP: want a duration, such as 2s, at most 480h, or 0 for none") {
			t.Errorf("%s: exit code %d, %s", value, code, stderr)
		}
	}
	code, _, stderr := run(t, openTo("postgres://nowhere/x", "CORPINTEL_ENTITY_CACHE=0"), "serve")
	if code != 2 || !strings.Contains(stderr, "CORPINTEL_ENTITY_CACHE: want off, or a positive number of bytes") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}
