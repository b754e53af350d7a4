package resolvers_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/store"
)

// cuts ends the connections that are used for following changes.
const cuts = `select pg_terminate_backend(pid) from pg_stat_activity
	where datname = current_database() and query like '%ReadOutbox%' and pid <> pg_backend_pid()`

// counted are companies whose names are numbers, which only grow.
type counted struct {
	t       *testing.T
	pool    *pgxpool.Pool
	ids     []int64
	nodes   []string // ids of the API
	locks   []sync.Mutex
	settled []atomic.Int64 // of each, what all servers know of
	servers []*keeper
}

// write adds one to a name, in a transaction that has taken its place in the outbox long before it is committed; some are not.
func (c *counted) write(random *rand.Rand) {
	i := random.IntN(len(c.ids))
	c.locks[i].Lock()
	defer c.locks[i].Unlock()
	ctx := c.t.Context()
	tx, err := c.pool.Begin(ctx)
	if err != nil {
		c.t.Error(err)
		return
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if err := store.Publish(ctx, tx, store.Change{Kind: store.ChangeCompany, Keys: []string{strconv.FormatInt(c.ids[i], 10)}}); err != nil {
		c.t.Error(err)
		return
	}
	time.Sleep(time.Duration(random.IntN(10)) * time.Millisecond) // others commit before it
	next := c.settled[i].Load() + 1
	if _, err := tx.Exec(ctx, "update companies set name = $2 where id = $1", c.ids[i], strconv.FormatInt(next, 10)); err != nil {
		c.t.Error(err)
		return
	}
	if random.IntN(5) == 0 {
		return
	}
	if err := tx.Commit(ctx); err != nil {
		c.t.Error(err)
		return
	}
	for _, s := range c.servers {
		if err := s.follower.CatchUp(ctx); err != nil {
			c.t.Error(err)
		}
	}
	c.settled[i].Store(next)
}

// read asks a server for a company, and checks that the answer is not older than what it knew of before.
func (c *counted) read(random *rand.Rand) {
	i, k := random.IntN(len(c.ids)), c.servers[random.IntN(len(c.servers))]
	least := c.settled[i].Load()
	body := k.post(c.t, fmt.Sprintf("{ company(id: %q) { name } } # %d", c.nodes[i], random.IntN(3)), nil)
	var answer struct {
		Data struct{ Company struct{ Name string } }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		c.t.Error(err)
	}
	if got, _ := strconv.ParseInt(answer.Data.Company.Name, 10, 64); got < least {
		c.t.Errorf("company %d is %s, when %d was known", i, body, least)
	}
}

// TestSharedWhileWriting reads from two servers, one Redis and one database while they are written to, the servers' connections are cut,
// and Redis is killed and started: no answer is older than what was known to the servers before it was asked for.
func TestSharedWhileWriting(t *testing.T) {
	t.Parallel()
	database, redis := newDatabase(t, "testdata/seed.sql"), cachetest.Start(t)
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := &counted{t: t, pool: pool, locks: make([]sync.Mutex, 5), settled: make([]atomic.Int64, 5)}
	for range 2 {
		shared, err := cache.Open(redis.URL(), cache.Options{Namespace: "test"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = shared.Close() })
		c.servers = append(c.servers, serveKeeping(t, database, shared))
	}
	rows, err := pool.Query(t.Context(), "update companies set name = '0' where id in (select id from companies order by id limit 5) returning id")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		c.ids, c.nodes = append(c.ids, id), append(c.nodes, (&store.Company{ID: id}).NodeID())
	}
	var group sync.WaitGroup
	for w := range uint64(3) {
		random := rand.New(rand.NewPCG(5, w)) //nolint:gosec // the same each time
		group.Go(func() {
			for range 60 {
				c.write(random)
			}
		})
		group.Go(func() {
			random := rand.New(rand.NewPCG(6, w)) //nolint:gosec // the same each time
			for range 1500 {
				c.read(random)
			}
		})
	}
	for range 3 {
		time.Sleep(300 * time.Millisecond) // a while with Redis, and a while without
		redis.Stop()
		if _, err := pool.Exec(t.Context(), cuts); err != nil {
			t.Error(err)
		}
		redis.Start()
	}
	group.Wait()
	var hits, shared, sent int64
	for _, s := range c.servers {
		stats := s.kept.Stats()
		hits, shared, sent = hits+stats.Hits, shared+stats.Shared.Hits, sent+stats.Shared.Sent
	}
	t.Logf("%d answers from memory, %d from Redis, %d sent there", hits, shared, sent)
	if hits == 0 || shared == 0 {
		t.Error("the test proves nothing")
	}
}
