package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/cache/apq"
	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/ratelimit"
	"github.com/corpintel/corpintel/resolvers"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/shed"
)

// firstCompanies is the size of the demo data that an empty embedded database gets.
const firstCompanies = 500

// serveCommand serves.
type serveCommand struct {
	Addr           address          `setting:"CORPINTEL_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where GraphQL and the explorer are served."`
	AdminAddr      address          `setting:"CORPINTEL_ADMIN_ADDR" default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Where /livez, /readyz, /metrics and /debug/pprof/ are served."`
	Auth           authSetting      `setting:"CORPINTEL_AUTH" placeholder:"MODE" help:"Who may ask: off, for everybody, or required, for clients with a key. Default: off with the embedded server on a loopback address, else required."`
	RequestTimeout duration         `setting:"CORPINTEL_REQUEST_TIMEOUT" default:"10s" placeholder:"DURATION" help:"Longest time that an operation may take."`
	DrainTimeout   duration         `setting:"CORPINTEL_DRAIN_TIMEOUT" default:"30s" placeholder:"DURATION" help:"How long requests in flight may take to finish when the server is told to end."`
	PoolSize       count            `setting:"CORPINTEL_POOL_SIZE" default:"10" placeholder:"N" help:"Most connections to the database."`
	ExecMode       execMode         `name:"database-exec-mode" setting:"CORPINTEL_DATABASE_EXEC_MODE" default:"auto" placeholder:"MODE" help:"How statements are sent: prepare, describe (for connection poolers that do not know prepared statements), or auto, which finds out."`
	EntityCache    cacheSize        `setting:"CORPINTEL_ENTITY_CACHE" default:"32MiB" placeholder:"BYTES" help:"Memory for companies, filings, latest values and definitions, which are read again when they change; off keeps none."`
	WarmUp         optionalDuration `setting:"CORPINTEL_WARM_UP" default:"2s" placeholder:"DURATION" help:"Longest time for which a server that starts fetches what is asked for most before it is ready; 0 for none."`
	AnswerCache    cacheSize        `setting:"CORPINTEL_ANSWER_CACHE" default:"64MiB" placeholder:"BYTES" help:"Memory for answers, which are given again until something changes that they depend on; off keeps none."`

	Redis     redisFlags     `embed:""`
	Access    accessFlags    `embed:""`
	Memory    memoryFlags    `embed:""`
	Limits    limitFlags     `embed:"" group:"limits"`
	Overload  overloadFlags  `embed:"" group:"limits"`
	Telemetry telemetryFlags `embed:"" group:"log"`
	Traces    traceFlags     `embed:"" group:"traces"`
}

// Run serves until ctx is cancelled, then finishes the requests in flight.
func (c *serveCommand) Run(ctx context.Context, e *Environment, flags *databaseFlags, logs *logFlags, logger *slog.Logger) (err error) {
	mentionUnused(ctx, e, logger)
	c.Memory.apply(ctx, e, logger)
	// The ports come first: where they are taken, nothing is begun.
	public, err := listen(ctx, c.Addr, "CORPINTEL_ADDR")
	if err != nil {
		return err
	}
	defer public.Close()
	internal, err := listen(ctx, c.AdminAddr, "CORPINTEL_ADMIN_ADDR")
	if err != nil {
		return err
	}
	defer internal.Close()

	s := &server{
		public:         public,
		requestTimeout: time.Duration(c.RequestTimeout),
		drainTimeout:   time.Duration(c.DrainTimeout),
		limits:         c.Limits.limits(),
		access:         c.Access.access(isLoopback(public.Addr())),
		answerBytes:    int64(c.AnswerCache),
		entityBytes:    int64(c.EntityCache),
		warmFor:        time.Duration(c.WarmUp),
		telemetry:      c.Telemetry.open(logs, logger),
		profiles:       new(telemetry.Profiles),
		logger:         logger,
		now:            e.Now,
		failed:         make(chan error, 2),
	}
	endTraces, err := c.Traces.open(ctx, e, s.telemetry, logger)
	if err != nil {
		return err
	}
	defer endTraces()
	admin := s.startAdmin(ctx, internal)
	defer admin.Close()

	db, err := flags.open(ctx, e, logger)
	if err != nil {
		return endedEarly(ctx, err)
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	contents, err := prepare(ctx, e, db, logger)
	if err != nil {
		return endedEarly(ctx, err)
	}
	s.store, err = store.Open(ctx, db.url, c.storeOptions(store.Observers{observer{s.telemetry}, explain.Observer{}}, logger))
	if err != nil {
		return endedEarly(ctx, err)
	}
	defer s.store.Close()
	s.work = c.Overload.limiter(int(c.PoolSize), e.Now, s.store.IsAway)
	db.mentionPooler(ctx, s.store.Pooler(), store.ExecMode(c.ExecMode), logger)
	s.direct = db.direct
	shared := c.Redis.open(ctx, e, db, flags, s.store.Pool(), s.telemetry.RedisHook(), logger)
	defer shared.close(ctx, logger)
	s.redis = shared.cache
	s.registry, err = openRegistry(ctx, db, s.store, s.redis, s.now, logger)
	if err != nil {
		return endedEarly(ctx, err)
	}
	defer func() { s.registry.close(ctx, logger) }()
	s.events, err = openEvents(ctx, db, s.registry, s.now, logger)
	if err != nil {
		return endedEarly(ctx, err)
	}
	s.authRequired = c.Auth.required(db.isEmbedded(), public.Addr())
	s.mentionAuth(ctx)

	stop := s.start(ctx)
	defer s.events.close()
	defer s.warming.Wait()
	fmt.Fprint(e.Stdout, banner(public.Addr(), internal.Addr(), db, shared, contents, s.authRequired))
	select {
	case err := <-s.failed:
		stop()
		return err
	case <-db.ended():
		stop()
		return errors.New("the embedded PostgreSQL has ended; its log is in its folder")
	case <-ctx.Done():
	}
	logger.InfoContext(ctx, "draining: no new requests, those in flight finish")
	s.health.Draining()
	stop()
	return nil
}

// endedEarly makes being told to end before the server was ready no error.
func endedEarly(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// mentionUnused says that settings of later releases have no effect.
func mentionUnused(ctx context.Context, e *Environment, logger *slog.Logger) {
	if e.lookup("DATABASE_REPLICA_URL") != "" {
		logger.WarnContext(ctx, "DATABASE_REPLICA_URL is set and is not used yet")
	}
}

// listen opens a port; an error names the setting that says which.
func listen(ctx context.Context, a address, setting string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", string(a))
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s, choose another address with %s: %w", a, setting, err)
	}
	return listener, nil
}

// isLoopback reports whether an address is reached from this machine only.
func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// prepare brings the schema up to date, fills an empty embedded database, and looks at what is there.
func prepare(ctx context.Context, e *Environment, db *database, logger *slog.Logger) (contents, error) {
	applied, err := migrations.Up(ctx, db.direct)
	if err != nil {
		return contents{}, err
	}
	if applied > 0 {
		logger.InfoContext(ctx, "migrated", slog.Int("migrations", applied))
	}
	s, err := store.Open(ctx, db.direct, store.Options{MaxConns: 2, Logger: logger})
	if err != nil {
		return contents{}, err
	}
	defer s.Close()
	if db.isEmbedded() {
		empty, err := holdsNothing(ctx, s.Pool())
		if err != nil {
			return contents{}, err
		}
		if empty {
			fmt.Fprintf(e.Stdout, "Loading demo data of %d companies, once ...\n", firstCompanies)
			if err := loadDemo(ctx, e, s.Pool(), logger); err != nil {
				return contents{}, err
			}
		}
	}
	return readContents(ctx, s.Pool())
}

// server is what runs while requests are served.
type server struct {
	public         net.Listener
	direct         string // URL
	store          *store.Store
	redis          *cache.Cache // nil: none
	registry       *registry
	events         *following
	answerBytes    int64 // 0: no answers are kept
	entityBytes    int64 // 0: no rows are kept
	warmFor        time.Duration
	warming        sync.WaitGroup
	authRequired   bool
	health         *web.Health
	telemetry      *telemetry.Telemetry
	profiles       *telemetry.Profiles
	requestTimeout time.Duration
	drainTimeout   time.Duration
	limits         web.Limits
	work           *shed.Limiter // nil: no limit
	access         web.Access
	logger         *slog.Logger
	now            func() time.Time
	failed         chan error // a listener's end that nobody asked for
}

// startAdmin serves the admin address from before the start until after the end.
func (s *server) startAdmin(ctx context.Context, l net.Listener) *http.Server {
	s.health = web.NewHealth(s.ready, s.logger)
	handler := web.Admin{
		Health: s.health, Metrics: s.telemetry.Handler(), Profiles: s.profiles.Handler(),
		Access: web.Access{LocalOnly: isLoopback(l.Addr()), Hosts: s.access.Hosts},
	}.Handler()
	admin := web.NewServer(context.WithoutCancel(ctx), handler, s.requestTimeout, s.logger)
	s.serve(admin, l)
	return admin
}

// errCutOff is why requests end that did not finish in time when the server is told to end.
var errCutOff = errors.New("the server ends")

// start follows changes, warms up, and serves requests. The function that it returns ends that: it waits for requests in
// flight, for drainTimeout, and cuts off those that are left.
func (s *server) start(ctx context.Context) (stop func()) {
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	// Rows are told of changes before answers: what an answer is made of is never older than what it counts as made of.
	entities := s.keepEntities()
	operations := loaders.New(s.store, s.now, loaders.WithEntities(entities), loaders.WithWatch(s.telemetry.Batch))
	kept := s.keepAnswers(ctx)
	documents := web.NewDocuments(s.limits)
	texts := apq.New(apq.Options{Cache: s.redis, Now: s.now})
	s.tell(told{loaders: operations, entities: entities, answers: kept, documents: documents, apq: texts})
	handler := web.New(web.Options{
		Resolvers:      resolvers.New(s.store),
		Attach:         operations.Attach,
		Extensions:     []graphql.HandlerExtension{resolvers.NewRenderer()},
		RequestTimeout: s.requestTimeout,
		Limits:         s.limits,
		Access:         s.access,
		Clients:        s.registry.clients,
		Usage:          s.registry.usage,
		AuthRequired:   s.authRequired,
		APQ:            texts,
		Companies:      func(ctx context.Context) []*store.Company { return loaders.From(ctx).Shown() },
		Answers:        kept,
		Documents:      documents,
		Plan:           s.store.Plan,
		Work:           s.work,
		Limiter:        ratelimit.New(ratelimit.Options{Cache: s.redis, Now: s.now, Logger: s.logger}),
		Telemetry:      s.telemetry,
		Profiles:       s.profiles,
		Logger:         s.logger,
		Now:            s.now,
	})
	s.events.run(ctx)
	s.warmUp(ctx, operations, documents)
	public := web.NewServer(base, handler, s.requestTimeout, s.logger)
	s.serve(public, s.public)
	go reclaim(base, s.logger)
	s.health.Serving()
	return func() {
		defer cancel(errCutOff)
		defer kept.Close()
		limited, cancelLimit := context.WithTimeout(base, s.drainTimeout)
		defer cancelLimit()
		if err := public.Shutdown(limited); err != nil {
			s.logger.WarnContext(base, "requests were cut off: they did not finish in time", slog.Any("error", err))
			cancel(errCutOff)
			_ = public.Close() // nothing is left to be done about it
		}
	}
}

func (s *server) serve(server *http.Server, l net.Listener) {
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	}()
}

// ready says whether requests can be answered: the database is there and has the schema that this program needs.
func (s *server) ready(ctx context.Context) error {
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	steps, err := migrations.Status(ctx, s.direct)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if !step.Applied() {
			return fmt.Errorf("migration %s is not applied", step.Name)
		}
	}
	return nil
}
