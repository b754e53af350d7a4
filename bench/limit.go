package bench

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// variables are those of all workloads.
type variables struct {
	Ticker   string      `json:"ticker"`
	Tickers  []string    `json:"tickers"`
	Sector   string      `json:"sector"`
	Exchange string      `json:"exchange"`
	Date     pgtype.Date `json:"date"`
	Query    string      `json:"query"`
	Metric   string      `json:"metric"`
	Names    []string    `json:"names"`
	From     pgtype.Date `json:"from"`
	To       pgtype.Date `json:"to"`
}

// limit holds what the handlers share.
type limit struct {
	pool    *pgxpool.Pool
	buffers sync.Pool
}

// Limit returns the hand-written handlers: POST /W1 to /W7, each with the body of the GraphQL request, of which it reads the
// variables. The answers are those of the GraphQL server, to the byte but for the last digits of averages.
func Limit(pool *pgxpool.Pool) http.Handler {
	l := &limit{pool: pool, buffers: sync.Pool{New: func() any { return new([]byte) }}}
	mux := http.NewServeMux()
	for path, answer := range map[string]func(context.Context, *variables, []byte) ([]byte, error){
		"/W1": l.company, "/W2": l.companies, "/W3": l.dashboard, "/W4": l.filings, "/W5": l.buckets, "/W6": l.chart, "/W7": l.search,
	} {
		mux.HandleFunc("POST "+path, l.handler(answer))
	}
	return mux
}

func (l *limit) handler(answer func(context.Context, *variables, []byte) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Variables variables `json:"variables"`
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &request)
		}
		buffer := l.buffers.Get().(*[]byte)
		b := (*buffer)[:0]
		if err == nil {
			// Not the request's context: pgx would close the connection of a client that hangs up.
			b, err = answer(context.WithoutCancel(r.Context()), &request.Variables, b)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		header := w.Header()
		header["Content-Type"] = []string{"application/json"}
		header["Content-Length"] = []string{strconv.Itoa(len(b))}
		_, _ = w.Write(b) // the client is gone if this fails
		*buffer = b
		l.buffers.Put(buffer)
	}
}

// each runs a statement and appends what row makes of each row, then the end.
func (l *limit) each(ctx context.Context, b []byte, row func(b []byte, n int, raw [][]byte) []byte, end, sql string, args ...any) ([]byte, error) {
	rows, err := l.pool.Query(ctx, sql, args...)
	if err != nil {
		return b, err
	}
	defer rows.Close()
	for n := 0; rows.Next(); n++ {
		b = row(b, n, rows.RawValues())
	}
	return append(b, end...), rows.Err()
}
