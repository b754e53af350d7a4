package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/doctor"
	"github.com/corpintel/corpintel/embedded"
)

// redisOff is the value of REDIS_URL for a server that is to do without.
const redisOff = "off"

// redisFlags say which Redis to use.
type redisFlags struct {
	URL redisURL `name:"redis-url" setting:"REDIS_URL" placeholder:"URL" help:"Redis 6.2 or later that servers of one database share, or off. Default: a private one, where redis-server is installed."`
}

// redisURL is where a Redis is, or off. It holds a password, so errors say nothing of its text.
type redisURL string

// UnmarshalText reads a redisURL.
func (u *redisURL) UnmarshalText(text []byte) error {
	if string(text) != redisOff {
		if _, err := cache.ParseURL(string(text)); err != nil {
			return errors.New(err.Error() + ", or off")
		}
	}
	*u = redisURL(text)
	return nil
}

// sharedCache is the Redis that a server uses, if it has one.
type sharedCache struct {
	cache  *cache.Cache // nil: none
	place  string       // for people
	server *embedded.Redis
}

// open returns a cache on the Redis to use; the private one is started, or joined when it runs already. There need not be
// any: then the reason is logged, and the server keeps to its own memory.
func (f redisFlags) open(
	ctx context.Context, e *Environment, db *database, flags *databaseFlags, pool *pgxpool.Pool, hook redis.Hook, logger *slog.Logger,
) *sharedCache {
	if f.URL == redisOff {
		return &sharedCache{place: "in the memory of this server (REDIS_URL is off)"}
	}
	s := &sharedCache{}
	url := string(f.URL)
	if url == "" {
		dir, err := flags.dir(e)
		if err == nil {
			s.server, err = embedded.StartRedis(ctx, embedded.RedisOptions{Dir: dir, Path: e.lookup("PATH"), Logger: logger})
		}
		if err != nil {
			logger.InfoContext(ctx, "no Redis: caches and rate limits are this server's own", slog.Any("reason", err))
			return &sharedCache{place: "in the memory of this server, without Redis"}
		}
		url, s.place = s.server.URL(), "private Redis in "+dir
	}
	var err error
	s.cache, err = cache.Open(url, cache.Options{Namespace: namespace(ctx, pool, db), Hook: hook, Logger: logger, Now: e.Now})
	if err != nil { // it was parsed before
		logger.ErrorContext(ctx, "no Redis: caches and rate limits are this server's own", slog.Any("error", err))
		s.close(ctx, logger)
		return &sharedCache{place: "in the memory of this server, without Redis"}
	}
	if s.server == nil {
		s.place = s.cache.Place()
	}
	return s
}

// close closes the connections, and stops the private Redis if this process started it.
func (s *sharedCache) close(ctx context.Context, logger *slog.Logger) {
	if err := s.cache.Close(); err != nil {
		logger.WarnContext(ctx, "closing the cache", slog.Any("error", err))
	}
	if s.server != nil {
		s.server.Stop()
	}
}

const databaseIdentity = `-- name: DatabaseIdentity
select format('%s-%s', s.system_identifier, d.oid)
from pg_control_system() s, pg_database d
where d.datname = current_database()`

// namespace returns what parts the keys of servers on different databases that share a Redis: the database's own identity,
// which is the same by whatever name and through whatever pooler it is reached, and for a standby that takes over. A copy of
// the whole server has it too: nothing that depends on what is in the database may be kept under it alone. Where the role may
// not see that, it is where the database is, as it is configured.
func namespace(ctx context.Context, pool *pgxpool.Pool, db *database) string {
	var identity string
	if err := pool.QueryRow(ctx, databaseIdentity).Scan(&identity); err == nil {
		return identity
	}
	sum := sha256.Sum256([]byte(db.place))
	return hex.EncodeToString(sum[:8])
}

// pingTimeout bounds doctor's look at Redis: a connection over a long way takes more than a cache would wait for.
const pingTimeout = 2 * time.Second

// examine returns what doctor says of a Redis that is configured; nothing when none is.
func (f redisFlags) examine(ctx context.Context, now func() time.Time) ([]doctor.Finding, error) {
	if f.URL == "" || f.URL == redisOff {
		return nil, nil
	}
	c, err := cache.Open(string(f.URL), cache.Options{Now: now})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	finding := doctor.Finding{Check: "redis", Status: doctor.OK, What: c.Place() + " answers"}
	if err := c.Ping(ctx); err != nil {
		finding.Status, finding.What = doctor.Warn, c.Place()+" cannot be used: "+err.Error()
		finding.Advice = "Servers go on without it, each with its own cache and rate limits: see REDIS_URL."
		return []doctor.Finding{finding}, nil
	}
	return []doctor.Finding{finding, redisMemory(ctx, c)}, nil
}

// redisMemory is what doctor says of how a Redis forgets.
func redisMemory(ctx context.Context, c *cache.Cache) doctor.Finding {
	f := doctor.Finding{Check: "redis", Status: doctor.OK}
	var info string
	err := c.Do(ctx, func(ctx context.Context, client redis.UniversalClient) (err error) {
		info, err = client.Info(ctx, "memory").Result()
		return err
	})
	memory := infoFields(info)
	limit, policy := memory["maxmemory"], memory["maxmemory_policy"]
	switch {
	case err != nil || limit == "":
		f.Status, f.What = doctor.Warn, "its memory cannot be looked at"
		f.Advice = "Let the user of REDIS_URL run INFO: acl setuser NAME +info."
	case limit == "0":
		f.Status, f.What = doctor.Warn, "maxmemory is not set: it grows until the machine has no memory left"
		f.Advice = "Set maxmemory, and maxmemory-policy allkeys-lru."
	case policy == "noeviction":
		f.Status, f.What = doctor.Warn, "maxmemory-policy is noeviction: once it is full nothing is stored any more"
		f.Advice = "Set maxmemory-policy allkeys-lru: nothing in it is the only copy."
	default:
		f.What = fmt.Sprintf("%s of %s are used, maxmemory-policy %s",
			memory["used_memory_human"], memory["maxmemory_human"], policy)
	}
	return f
}

// infoFields reads what Redis' INFO returns: lines of name:value.
func infoFields(info string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			fields[name] = value
		}
	}
	return fields
}
