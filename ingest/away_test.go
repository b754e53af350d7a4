package ingest_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// job is an import that something happens to.
type job struct {
	name  string
	paths []string
	run   func(*pgxpool.Pool, ingest.Options) (*ingest.Report, error)
}

// jobs returns imports of EDGAR files and of prices; both take several transactions.
func jobs(t testing.TB) []job {
	t.Helper()
	paths, prices := bulk(t), bulkPrices(t)
	return []job{
		{"edgar", paths, func(pool *pgxpool.Pool, o ingest.Options) (*ingest.Report, error) {
			return ingest.Run(t.Context(), pool, paths, o)
		}},
		{"prices", []string{prices}, func(pool *pgxpool.Pool, o ingest.Options) (*ingest.Report, error) {
			return ingest.RunPrices(t.Context(), pool, []string{prices}, nil, o)
		}},
	}
}

// bulkPriceDays are the days of each symbol in bulkPrices.
const bulkPriceDays = 26_000

// bulkPrices makes a price file that takes several transactions; one row repeats another.
func bulkPrices(t testing.TB) string {
	t.Helper()
	var text bytes.Buffer
	text.WriteString(priceHeader)
	for _, symbol := range []string{"C1", "ZZ"} {
		for n := range bulkPriceDays {
			fmt.Fprintf(&text, "%s,%s,,,,%d,,\n", edgar.NewDate(1920, 1, 1)+edgar.Date(n), symbol, n+1)
		}
	}
	text.WriteString("1920-01-01,ZZ,,,,1,,\n")
	return write(t, "prices.csv", text.Bytes())
}

// outcome is what an import reports, without its times.
func outcome(r *ingest.Report) []ingest.KindReport {
	var all []ingest.KindReport
	for _, k := range r.Kinds {
		copied := *k
		copied.Elapsed = 0
		all = append(all, copied)
	}
	return all
}

// calm returns what a job reports and leaves when nothing happens, and how many lines of progress it tells.
func (j job) calm(t testing.TB) (report *ingest.Report, left map[string][]string, lines int) {
	t.Helper()
	pool := newDatabase(t)
	progress := writerFunc(func(p []byte) (int, error) {
		lines++
		return len(p), nil
	})
	report, err := j.run(pool, ingest.Options{Progress: progress, Now: hasty()})
	if err != nil {
		t.Fatal(err)
	}
	return report, priceContent(t, pool), lines
}

// TestDatabaseComesBack kills the server several times in the middle of an import, which waits until it is back each
// time. In the end all is as if nothing had happened, the report too.
func TestDatabaseComesBack(t *testing.T) {
	t.Parallel()
	for _, j := range jobs(t) {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			want, left, total := j.calm(t)
			cluster := storetest.NewCluster(t)
			lines, kills := 0, 0
			progress := writerFunc(func(p []byte) (int, error) {
				switch lines++; {
				case strings.HasPrefix(string(p), "the database is away"):
					cluster.Start()
				case kills < 3 && lines >= (kills+1)*total/4:
					kills++
					cluster.Kill()
				}
				return len(p), nil
			})
			pool := connect(t, cluster.URL())
			got, err := j.run(pool, ingest.Options{Progress: progress, Now: hasty()})
			if err != nil || kills != 3 {
				t.Fatalf("after %d kills: %v", kills, err)
			}
			if diff := cmp.Diff(outcome(want), outcome(got)); diff != "" {
				t.Errorf("report (-undisturbed +got)\n%s", diff)
			}
			sameContent(t, "after kills", left, priceContent(t, pool))
			checkPrices(t, pool)
		})
	}
}

// TestDatabaseStaysAway kills the server in the middle of an import for good. The error names the file, and a second
// import completes the first.
func TestDatabaseStaysAway(t *testing.T) {
	t.Parallel()
	for _, j := range jobs(t) {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			_, left, total := j.calm(t)
			cluster := storetest.NewCluster(t)
			lines := 0
			progress := writerFunc(func(p []byte) (int, error) {
				if lines++; lines == total/2 {
					cluster.Kill()
				}
				return len(p), nil
			})
			report, err := j.run(connect(t, cluster.URL()), ingest.Options{Wait: 300 * time.Millisecond, Progress: progress, Now: hasty()})
			if err == nil {
				t.Fatal("the import did not notice that the server was killed")
			}
			if _, ok := errors.AsType[*ingest.IncompleteError](err); ok {
				t.Errorf("%v: the fault of the database is taken for one of a file", err)
			}
			named := slices.ContainsFunc(j.paths, func(path string) bool { return strings.Contains(err.Error(), path) })
			if !named || !strings.Contains(err.Error(), "the database was away for 300ms") {
				t.Errorf("error %q names no file, or not what happened", err)
			}
			if !report.AddsUp() {
				t.Errorf("a report that does not add up:\n%s", table(t, report))
			}
			cluster.Start()
			pool := connect(t, cluster.URL())
			if _, err := j.run(pool, ingest.Options{}); err != nil {
				t.Fatal(err)
			}
			sameContent(t, "after the second import", left, priceContent(t, pool))
		})
	}
}

// TestDatabaseRefuses takes an import's connection away and lets the database refuse others for a while, for reasons that
// pass.
func TestDatabaseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, begin, said, end string
	}{
		{"only the connection is lost", ``, "the database is away", ``},
		{"too many connections", `alter database %s connection limit 0`, "too many connections for database", `alter database %s connection limit -1`},
		{
			"read-only", `alter database %s set default_transaction_read_only = on`, "in a read-only transaction",
			`alter database %s reset default_transaction_read_only`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := jobs(t)[0]
			want, left, total := j.calm(t)
			pool := newDatabase(t)
			other, err := pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer other.Release()
			exec := func(sql string) {
				if sql == "" {
					return
				}
				if strings.Contains(sql, "%s") {
					sql = fmt.Sprintf(sql, other.Conn().Config().Database)
				}
				if _, err := other.Exec(t.Context(), sql); err != nil {
					t.Error(err)
				}
			}
			lines, refused := 0, false
			progress := writerFunc(func(p []byte) (int, error) {
				if lines++; lines == total/2 {
					exec(c.begin)
					exec(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (
						select oid from pg_database where datname = current_database())`)
				}
				if !refused && strings.Contains(string(p), c.said) {
					refused = true
					exec(c.end)
				}
				return len(p), nil
			})
			got, err := j.run(pool, ingest.Options{Progress: progress, Now: hasty()})
			if err != nil || !refused {
				t.Fatalf("%v; refused: %t", err, refused)
			}
			if diff := cmp.Diff(outcome(want), outcome(got)); diff != "" {
				t.Errorf("report (-undisturbed +got)\n%s", diff)
			}
			sameContent(t, "after the refusal", left, priceContent(t, pool))
		})
	}
}

// TestOneAtATimeAfterAnOutage lets another import take the lock while the database is away, and do all the work: the first
// one says so, waits for it, and finds everything there.
func TestOneAtATimeAfterAnOutage(t *testing.T) {
	t.Parallel()
	j := jobs(t)[0]
	want, left, total := j.calm(t)
	cluster := storetest.NewCluster(t)
	lines, waited := 0, false
	progress := writerFunc(func(p []byte) (int, error) {
		switch lines++; {
		case lines == total/2:
			cluster.Kill()
		case strings.HasPrefix(string(p), "the database is away"):
			cluster.Start()
			if _, err := j.run(connect(t, cluster.URL()), ingest.Options{}); err != nil {
				t.Error(err)
			}
			hold := connect(t, cluster.URL())
			conn, err := hold.Acquire(t.Context())
			if err != nil {
				t.Error(err)
			}
			if _, err := conn.Exec(t.Context(), `select pg_advisory_lock(x'636f7270696e74'::bigint)`); err != nil {
				t.Error(err)
			}
			t.Cleanup(conn.Release)
		case strings.HasPrefix(string(p), "another import is running"):
			waited = true
			pool := connect(t, cluster.URL())
			if _, err := pool.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted`); err != nil {
				t.Error(err)
			}
		}
		return len(p), nil
	})
	pool := connect(t, cluster.URL())
	got, err := j.run(pool, ingest.Options{Progress: progress, Now: hasty()})
	if err != nil || !waited {
		t.Fatalf("%v; waited: %t", err, waited)
	}
	for i, k := range got.Kinds {
		if k.Read != want.Kinds[i].Read || !k.AddsUp() {
			t.Errorf("%s: %+v, undisturbed %+v", k.Kind, k.Count, want.Kinds[i].Count)
		}
	}
	if got.Kinds[0].Unchanged+got.Kinds[2].Unchanged == 0 {
		t.Error("nothing was there already: the other import did not come in between")
	}
	sameContent(t, "after two imports", left, priceContent(t, pool))
}

// TestAnswerToCommitIsLost cuts the connection when an import commits: before the server gets to know, or after it has
// committed. Nothing is stored or counted twice, or not at all.
func TestAnswerToCommitIsLost(t *testing.T) {
	t.Parallel()
	for _, j := range jobs(t) {
		for _, reaches := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, the server commits: %t", j.name, reaches), func(t *testing.T) {
				t.Parallel()
				want, left, _ := j.calm(t)
				url := storetest.New(t)
				cut := &cutter{reaches: reaches}
				got, err := j.run(connect(t, cut.listen(t, url)), ingest.Options{})
				cut.mu.Lock()
				cuts := cut.cuts
				cut.mu.Unlock()
				if err != nil || cuts == 0 {
					t.Fatalf("%v after %d cuts", err, cuts)
				}
				if diff := cmp.Diff(outcome(want), outcome(got)); diff != "" {
					t.Errorf("report after %d cuts (-undisturbed +got)\n%s", cuts, diff)
				}
				sameContent(t, "after cuts", left, priceContent(t, connect(t, url)))
			})
		}
	}
}

// cutter stands between an import and its server, and cuts the connection at every second commit.
type cutter struct {
	reaches bool // the server gets the commit, and its answer is lost

	mu      sync.Mutex
	commits int
	cuts    int
}

// listen returns the URL of the database behind c.
func (c *cutter) listen(t testing.TB, database string) string {
	t.Helper()
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(config.Host, fmt.Sprintf(".s.PGSQL.%d", config.Port))
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket) //nolint:noctx // ends with the test
			if err != nil {
				t.Error(err)
				return
			}
			go c.serve(client, server)
		}
	}()
	return (&url.URL{
		Scheme: "postgres", User: url.User(config.User), Host: listener.Addr().String(), Path: config.Database, RawQuery: "sslmode=disable",
	}).String()
}

// serve carries messages until one of both hangs up.
func (c *cutter) serve(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	answers := make(chan []byte)
	go func() {
		defer close(answers)
		for {
			buffer := make([]byte, 64<<10)
			n, err := server.Read(buffer)
			if err != nil {
				_ = client.Close()
				return
			}
			answers <- buffer[:n]
		}
	}()
	var cutting sync.Once
	cut := make(chan struct{})
	go func() {
		for answer := range answers {
			select {
			case <-cut: // it is not passed on
				_ = client.Close()
				_ = server.Close()
			default:
				_, _ = client.Write(answer)
			}
		}
	}()
	commit := append(binary.BigEndian.AppendUint32([]byte("Q"), 11), "commit\x00"...)
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], commit) && c.cutsNow() {
			if !c.reaches {
				return
			}
			cutting.Do(func() { close(cut) })
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (c *cutter) cutsNow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.commits++; c.commits%2 == 1 {
		c.cuts++
		return true
	}
	return false
}
