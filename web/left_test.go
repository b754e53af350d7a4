package web_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web"
)

// TestClientThatLeftIsNoFault hangs up in the middle of an operation, which fails for that: nobody is to be woken by it.
func TestClientThatLeftIsNoFault(t *testing.T) {
	t.Parallel()
	text := interrupted(t, func(conn net.Conn, _ context.CancelCauseFunc) { _ = conn.Close() })
	for _, part := range []string{
		`http_requests_total{endpoint="/graphql",method="GET",status="499"} 1`,
		`corpintel_graphql_operations_total{operation="other",outcome="left"} 1`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("want %s in:\n%s", part, text)
		}
	}
	if strings.Contains(text, "corpintel_graphql_errors_total{") {
		t.Errorf("an error was counted that nobody was told:\n%s", text)
	}
}

// TestCutOffIsAFault ends the server in the middle of an operation: its client waits, and has not left.
func TestCutOffIsAFault(t *testing.T) {
	t.Parallel()
	text := interrupted(t, func(_ net.Conn, end context.CancelCauseFunc) { end(errors.New("the server ends")) })
	if !strings.Contains(text, `corpintel_graphql_operations_total{operation="other",outcome="left"} 0`) || strings.Contains(text, `status="499"`) {
		t.Errorf("its client counts as one that left:\n%s", text)
	}
}

// interrupted asks for an operation that ends when its context does, has that done in the middle of it, and returns what was counted.
func interrupted(t *testing.T, interrupt func(net.Conn, context.CancelCauseFunc)) (metrics string) {
	t.Helper()
	base, end := context.WithCancelCause(t.Context())
	started := make(chan struct{})
	r := answering()
	r.query.company = func(ctx context.Context, _ *edgar.CIK, _ *string) (*store.Company, error) {
		close(started)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	m := telemetry.New(telemetry.Options{})
	h, _ := newHandler(r, func(o *web.Options) { o.Telemetry = m })
	conn := dial(t, listen(t, h, func(s *http.Server) { s.BaseContext = func(net.Listener) context.Context { return base } }))
	if _, err := io.WriteString(conn, "GET /graphql?query="+url.QueryEscape(companyQuery)+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-started
	interrupt(conn, end)
	scraped := func() string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	await(t, "the request has ended", func() bool { return strings.Contains(scraped(), "http_requests_total{") })
	return scraped()
}
