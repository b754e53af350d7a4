package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/migrations"
	"github.com/corpintel/corpintel/ratelimit"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/telemetry"
)

// clientCommand manages who may ask.
type clientCommand struct {
	Create clientCreate `cmd:"" help:"Make a client and write its key, which is shown only once."`
	List   clientList   `cmd:"" help:"List the clients with the prefixes of their keys."`
	Change clientChange `cmd:"" help:"Change role, mode or budget of a client."`
	Rotate clientRotate `cmd:"" help:"Give a client a new key, and write it; the one before stays valid for a while."`
	Revoke clientRevoke `cmd:"" help:"Refuse a client, or one of its keys, from now on."`
}

// clientCreate makes a client.
type clientCreate struct {
	Name   newClientName `required:"" placeholder:"NAME" help:"What it is called. A name is never used again."`
	Role   role          `required:"" placeholder:"ROLE" help:"What it may do: dashboard, analyst, partner or admin."`
	Mode   mode          `placeholder:"MODE" help:"What it may run: open, anything; log_only, anything, and what is not registered is logged; match_text, what is registered; id_only, what is registered, by its id. Default: match_text for a dashboard, id_only for a partner, else open."`
	Budget budget        `placeholder:"COST" help:"Cost that it may spend in a minute. Default: 30000000 for a dashboard, 10000000 for an analyst, 5000000 for a partner, for an admin without limit."`
}

// clientChange changes what a client may do.
type clientChange struct {
	Name   clientName `required:"" placeholder:"NAME" help:"Client that is changed."`
	Role   role       `placeholder:"ROLE" help:"What it may do: dashboard, analyst, partner or admin. Its mode stays as it is."`
	Mode   mode       `placeholder:"MODE" help:"What it may run: open, log_only, match_text or id_only."`
	Budget newBudget  `placeholder:"COST" help:"Cost that it may spend in a minute; default for that of its role."`
}

// clientRotate changes a client's key.
type clientRotate struct {
	Name  clientName `required:"" placeholder:"NAME" help:"Client that gets the key."`
	Grace grace      `default:"24h" placeholder:"DURATION" help:"How long the key before stays valid; 0 ends it at once. Two keys are valid at most: older ones end now."`
}

// clientRevoke refuses a client or a key.
type clientRevoke struct {
	Name clientName `xor:"which" required:"" placeholder:"NAME" help:"Client that is refused, with all of its keys. It cannot be taken back."`
	Key  keyPrefix  `xor:"which" required:"" placeholder:"PREFIX" help:"Key that is refused, named by its prefix, the ten characters behind ci_live_."`
}

// Run makes the client.
func (c *clientCreate) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	client := &store.Client{Name: string(c.Name), Role: string(c.Role), Mode: string(c.Mode)}
	if client.Mode == "" {
		client.Mode = string(auth.Role(c.Role).DefaultMode())
	}
	if c.Budget != 0 {
		own := int64(c.Budget)
		client.Budget = &own
	}
	key, row, err := newKey()
	if err != nil {
		return err
	}
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		// The first client may come before the first server.
		if _, err := migrations.Up(ctx, db.direct); err != nil {
			return err
		}
		return onClients(ctx, db, logger, client.Name, func(s *store.Store) error {
			if err := s.CreateClient(ctx, client, row); err != nil {
				return err
			}
			fmt.Fprintf(e.Stderr, "%s is a client now: %s. Its key is written once and is stored nowhere:\n", client.Name, rights(client))
			return writeKey(e.Stdout, key, client.Name)
		})
	})
}

// Validate refuses a change of nothing.
func (c *clientChange) Validate() error {
	if c.Role == "" && c.Mode == "" && !c.Budget.given {
		return errors.New("nothing to change: give --role, --mode or --budget")
	}
	return nil
}

// Run changes the client.
func (c *clientChange) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withClients(ctx, e, flags, logger, string(c.Name), func(s *store.Store) error {
		change := store.ClientChange{Role: string(c.Role), Mode: string(c.Mode), NewBudget: c.Budget.given}
		if own := int64(c.Budget.own); own != 0 {
			change.Budget = &own
		}
		before, after, err := s.ChangeClient(ctx, string(c.Name), change)
		if err != nil {
			return err
		}
		was, is := rights(before), rights(after)
		if was == is {
			was = "the same"
		}
		fmt.Fprintf(e.Stdout, "%s: %s; before: %s\n", c.Name, is, was)
		return nil
	})
}

// Run changes the key.
func (c *clientRotate) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	name := string(c.Name)
	key, row, err := newKey()
	if err != nil {
		return err
	}
	return withClients(ctx, e, flags, logger, name, func(s *store.Store) error {
		old, err := s.RotateKey(ctx, name, row, time.Duration(c.Grace))
		if err != nil {
			return err
		}
		for _, k := range old {
			fmt.Fprintf(e.Stderr, "The key %s of %s %s.\n", k.Prefix, name, until(k))
		}
		fmt.Fprintf(e.Stderr, "%s has a new key. It is written once and is stored nowhere:\n", name)
		return writeKey(e.Stdout, key, name)
	})
}

// until says how long a key that was rotated is valid.
func until(k *store.ClientKey) string {
	if !k.Valid {
		return "is refused from now on"
	}
	return "is valid until " + k.ExpiresAt.UTC().Format(timeLayout)
}

// Run refuses the client or the key.
func (c *clientRevoke) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withClients(ctx, e, flags, logger, string(c.Name), func(s *store.Store) error {
		if c.Key != "" {
			return c.revokeKey(ctx, e, s)
		}
		client, revoked, err := s.RevokeClient(ctx, string(c.Name))
		if err != nil {
			return err
		}
		said := "is refused from now on, with all of its keys"
		if !revoked {
			said = "was revoked before, at " + client.RevokedAt.UTC().Format(timeLayout)
		}
		fmt.Fprintf(e.Stdout, "%s %s\n", client.Name, said)
		return nil
	})
}

func (c *clientRevoke) revokeKey(ctx context.Context, e *Environment, s *store.Store) error {
	client, revoked, err := s.RevokeKey(ctx, string(c.Key))
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no key has the prefix %s: see corpintel client list", c.Key)
	}
	if err != nil {
		return err
	}
	said := "is refused from now on"
	if !revoked {
		said = "was not valid any more"
	}
	fmt.Fprintf(e.Stdout, "the key %s of %s %s\n", c.Key, client.Name, said)
	return nil
}

// newKey returns a key, and what is stored of it.
func newKey() (auth.Key, *store.ClientKey, error) {
	key, err := auth.GenerateKey(rand.Reader)
	return key, &store.ClientKey{Prefix: key.Prefix, Hash: key.Hash}, err
}

// writeKey writes a key, and nothing else, for who pipes it on.
func writeKey(w io.Writer, key auth.Key, client string) error {
	if _, err := fmt.Fprintln(w, key.Text); err != nil {
		return fmt.Errorf("the key could not be written and is lost, make another one with corpintel client rotate --name %s --grace 0: %w",
			client, err)
	}
	return nil
}

// rights says what a client may do.
func rights(c *store.Client) string {
	budget := "no budget"
	if amount := budgetOf(c); amount != 0 {
		budget = "a budget of " + grouped(amount) + " a minute"
	}
	return c.Role + ", " + c.Mode + ", " + budget
}

// budgetOf returns what a client may spend in a minute; 0 for whatever it likes.
func budgetOf(c *store.Client) int64 {
	if c.Budget != nil {
		return *c.Budget
	}
	return auth.Role(c.Role).Permissions().Budget
}

// withClients runs do on a store. The database is not migrated: who revokes a key waits for nothing. Errors are put as
// sentences; name is the client that they are about.
func withClients(
	ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger, name string,
	do func(*store.Store) error,
) error {
	return withDatabase(ctx, e, flags, logger, func(db *database) error {
		return onClients(ctx, db, logger, name, do)
	})
}

func onClients(ctx context.Context, db *database, logger *slog.Logger, name string, do func(*store.Store) error) error {
	s, err := store.Open(ctx, db.direct, store.Options{MaxConns: 1, Logger: logger})
	if err != nil {
		return err
	}
	defer s.Close()
	err = do(s)
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("no client is called %q: see corpintel client list", name)
	case errors.Is(err, store.ErrTaken):
		return fmt.Errorf("the name %s is taken, also when its client was revoked: choose another one, "+
			"or give that client a new key with corpintel client rotate", name)
	case errors.Is(err, store.ErrRevoked):
		return fmt.Errorf("the client %s was revoked: make another one", name)
	case errors.As(err, &pg) && pg.Code == undefinedTable:
		return errors.New("the database has no table for clients yet: run corpintel migrate up")
	}
	return err
}

// clientName is a name for a client.
type clientName string

var clientNames = regexp.MustCompile(`\A[a-z0-9][a-z0-9._-]{0,62}\z`)

// UnmarshalText reads a clientName.
func (n *clientName) UnmarshalText(text []byte) error {
	if !clientNames.Match(text) {
		return errors.New("want up to 63 lower-case letters, digits, dots, hyphens and underscores, the first a letter or a digit")
	}
	*n = clientName(text)
	return nil
}

// newClientName is a name for a client that is yet to be made.
type newClientName clientName

// UnmarshalText reads a newClientName.
func (n *newClientName) UnmarshalText(text []byte) error {
	if telemetry.MeansNoClient(string(text)) {
		return fmt.Errorf("metrics have %s for requests of no client: choose another name", text)
	}
	return (*clientName)(n).UnmarshalText(text)
}

// role is the role of a client.
type role auth.Role

// UnmarshalText reads a role.
func (r *role) UnmarshalText(text []byte) error {
	parsed, err := auth.ParseRole(string(text))
	*r = role(parsed)
	return err
}

// mode is the mode of a client; empty where none was chosen.
type mode auth.Mode

// UnmarshalText reads a mode.
func (m *mode) UnmarshalText(text []byte) error {
	parsed, err := auth.ParseMode(string(text))
	*m = mode(parsed)
	return err
}

// budget is a cost in a minute; 0 where none was chosen.
type budget int64

// UnmarshalText reads a budget.
func (b *budget) UnmarshalText(text []byte) error {
	parsed, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || parsed < 1 || parsed > maxBudget {
		return fmt.Errorf("want a whole number from 1 to %d", maxBudget)
	}
	*b = budget(parsed)
	return nil
}

// newBudget is a budget that takes the place of another one.
type newBudget struct {
	given bool
	own   budget // 0: that of the role
}

// UnmarshalText reads a newBudget.
func (b *newBudget) UnmarshalText(text []byte) error {
	b.given = true
	if string(text) == "default" {
		b.own = 0
		return nil
	}
	if err := b.own.UnmarshalText(text); err != nil {
		return fmt.Errorf("%w, or default", err)
	}
	return nil
}

// maxBudget is the largest that is kept as it is.
const maxBudget = ratelimit.Largest

// grace is how long an old key stays valid.
type grace time.Duration

// maxGrace is the longest grace: a key that should stay valid for longer is not to be rotated.
const maxGrace = 365 * 24 * time.Hour

// UnmarshalText reads a grace.
func (g *grace) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 || parsed > maxGrace {
		return errors.New("want a duration such as 24h, 0 for none, at most a year (8760h)")
	}
	*g = grace(parsed)
	return nil
}

// keyPrefix names a key.
type keyPrefix string

// UnmarshalText reads a keyPrefix. A whole key is understood too: what is lost is often at hand like that. The error does not show
// it.
func (p *keyPrefix) UnmarshalText(text []byte) error {
	parsed, err := auth.ParsePrefix(strings.TrimSpace(string(text)))
	if err != nil {
		return errors.New("want the ten letters and digits behind ci_live_, as corpintel client list has them")
	}
	*p = keyPrefix(parsed)
	return nil
}
