package command

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/corpintel/corpintel/cache"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/store"
)

// authSetting says whether a key is required; empty where nothing was said.
type authSetting string

const (
	authOff      authSetting = "off"
	authRequired authSetting = "required"
)

// UnmarshalText reads an authSetting.
func (a *authSetting) UnmarshalText(text []byte) error {
	switch given := authSetting(text); given {
	case authOff, authRequired:
		*a = given
		return nil
	default:
		return errors.New("want off or required")
	}
}

// required reports whether who asks needs a key. Where nothing was said it is not needed by those who are on the machine that
// everything runs on.
func (a authSetting) required(isEmbedded bool, listening net.Addr) bool {
	if a == "" {
		return !isEmbedded || !isLoopback(listening)
	}
	return a == authRequired
}

// mentionAuth says what a server's operator may not have thought of: that everybody who reaches it may ask, or that nobody
// may yet.
func (s *server) mentionAuth(ctx context.Context) {
	switch {
	case !s.authRequired && !isLoopback(s.public.Addr()):
		s.logger.WarnContext(ctx, "CORPINTEL_AUTH is off: who reaches the address may ask whatever there is",
			slog.String("address", s.public.Addr().String()))
	case s.authRequired && s.registry.clients.Len() == 0:
		s.logger.WarnContext(ctx, "a key is required and no client has one yet: corpintel client create makes one, "+
			"and CORPINTEL_AUTH=off lets everybody ask")
	}
}

// registry is what a server knows of clients, and what it notes of them.
type registry struct {
	clients *clients.Registry
	usage   *clients.Usage

	watch  *store.Store
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// usageTimeout bounds what is stored of the usage at the end.
const usageTimeout = 5 * time.Second

// openRegistry loads all clients and follows their changes until close. The look for changes has a connection of its own:
// a key that is revoked is refused in time also while requests keep all others busy.
func openRegistry(
	ctx context.Context, db *database, s *store.Store, redis *cache.Cache, now func() time.Time, logger *slog.Logger,
) (*registry, error) {
	watch, err := store.Open(ctx, db.url, store.Options{MaxConns: 1, Logger: logger})
	if err != nil {
		return nil, err
	}
	known, err := clients.Open(ctx, clients.Options{Store: s, Watch: watch, Cache: redis, Now: now, Logger: logger})
	if err != nil {
		watch.Close()
		return nil, err
	}
	r := &registry{
		clients: known, watch: watch,
		usage: clients.NewUsage(clients.UsageOptions{Store: s, Now: now, Logger: logger}),
	}
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx)) // while requests are drained they are followed too
	r.ended.Go(func() { r.clients.Follow(ctx) })
	r.ended.Go(func() { r.usage.Follow(ctx) })
	return r, nil
}

// close ends what openRegistry began. It is called when no request is in flight any more, and stores what was noted of them.
func (r *registry) close(ctx context.Context, logger *slog.Logger) {
	r.cancel()
	r.ended.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), usageTimeout)
	defer cancel()
	if err := r.usage.Close(ctx); err != nil {
		logger.WarnContext(ctx, "the last usage of documents is lost", slog.Any("error", err))
	}
	r.watch.Close()
}
