package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrTaken says that a name, or the prefix of a key, belongs to somebody already.
var ErrTaken = errors.New("taken")

// ErrRevoked says that a client was revoked and gets no key any more.
var ErrRevoked = errors.New("revoked")

// Client is who may ask. It is never deleted.
type Client struct {
	ID        int64
	Name      string
	Role      string // of auth.Role
	Mode      string // of auth.Mode
	Budget    *int64 // cost that it may spend in a minute; nil: that of its role
	CreatedAt time.Time
	RevokedAt *time.Time
}

const clientColumns = `id, name, role, mode, budget, created_at, revoked_at`

func (c *Client) targets() []any {
	return []any{&c.ID, &c.Name, &c.Role, &c.Mode, &c.Budget, &c.CreatedAt, &c.RevokedAt}
}

const clients = `-- name: Clients
select ` + clientColumns + `
from clients
order by name`

// Clients asks for all clients, by name.
func (b *Batch) Clients() *[]*Client {
	found := new([]*Client)
	b.add(query{sql: clients, scan: func(rows pgx.Rows) (err error) {
		*found, err = scanAll(rows, (*Client).targets)
		return err
	}})
	return found
}

const clientByName = `-- name: ClientByName
select ` + clientColumns + `
from clients
where name = $1`

// ClientByName returns a client. Errors: ErrNotFound, ErrUnavailable.
func (s *Store) ClientByName(ctx context.Context, name string) (client *Client, err error) {
	q := query{sql: clientByName, args: []any{name}, scan: func(rows pgx.Rows) (err error) {
		client, err = exactlyOne(rows, (*Client).targets)
		return err
	}}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("client %s: %w", name, err)
	}
	return client, nil
}

// ClientByName returns a client as the transaction sees it. Errors: ErrNotFound, ErrUnavailable.
func (tx *Tx) ClientByName(ctx context.Context, name string) (*Client, error) {
	rows, _ := tx.tx.Query(ctx, clientByName, name) // reading reports the error
	client, err := exactlyOne(rows, (*Client).targets)
	if err != nil {
		return nil, fmt.Errorf("client %s: %w", name, err)
	}
	return client, nil
}

// exactlyOne reads the only row. Error: ErrNotFound.
func exactlyOne[T any](rows pgx.Rows, targets func(*T) []any) (*T, error) {
	defer rows.Close()
	found, err := scanAll(rows, targets)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNotFound
	}
	return found[0], nil
}

const createClient = `-- name: CreateClient
insert into clients (name, role, mode, budget, created_at)
values ($1, $2, $3, $4, clock_timestamp())
on conflict (name) do nothing
returning ` + clientColumns

// CreateClient stores a client with its first key, and fills in the id of both and when they were made. Errors: ErrTaken,
// ErrUnavailable.
func (s *Store) CreateClient(ctx context.Context, c *Client, key *ClientKey) error {
	err := s.ChangeRegistry(ctx, func(tx *Tx) error {
		rows, _ := tx.tx.Query(ctx, createClient, c.Name, c.Role, c.Mode, c.Budget) // reading reports the error
		created, err := exactlyOne(rows, (*Client).targets)
		if errors.Is(err, ErrNotFound) {
			return ErrTaken
		}
		if err != nil {
			return err
		}
		*c, key.ClientID = *created, created.ID
		return tx.createKey(ctx, key)
	})
	if err != nil {
		return fmt.Errorf("create client %s: %w", c.Name, err)
	}
	return nil
}

// ClientChange says what is to be different about a client. What is empty stays as it is.
type ClientChange struct {
	Role      string
	Mode      string
	NewBudget bool   // whether Budget is meant
	Budget    *int64 // nil: that of its role
}

const changeClient = `-- name: ChangeClient
update clients
set role = coalesce(nullif($2, ''), role), mode = coalesce(nullif($3, ''), mode), budget = case when $4 then $5::bigint else budget end
where id = $1
returning ` + clientColumns

// ChangeClient changes a client and returns it as it was and as it is. Errors: ErrNotFound, ErrRevoked, ErrUnavailable.
func (s *Store) ChangeClient(ctx context.Context, name string, change ClientChange) (before, after *Client, err error) {
	err = s.ChangeRegistry(ctx, func(tx *Tx) (err error) {
		if before, err = tx.ClientByName(ctx, name); err != nil {
			return err
		}
		if before.RevokedAt != nil {
			return fmt.Errorf("client %s: %w", name, ErrRevoked)
		}
		rows, _ := tx.tx.Query(ctx, changeClient, before.ID, change.Role, change.Mode, change.NewBudget, change.Budget) // reading reports the error
		if after, err = exactlyOne(rows, (*Client).targets); err != nil {
			return err
		}
		if after.Role == before.Role && after.Mode == before.Mode && equal(after.Budget, before.Budget) {
			return ErrUnchanged
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("change %w", err)
	}
	return before, after, nil
}

func equal(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

const revokeClient = `-- name: RevokeClient
update clients
set revoked_at = clock_timestamp()
where id = $1
returning ` + clientColumns

const endKeysOfClient = `-- name: EndKeysOfClient
update client_keys
set expires_at = clock_timestamp()
where client_id = $1 and coalesce(expires_at, 'infinity') > clock_timestamp()`

// RevokeClient revokes a client and ends its keys. It returns the client, and whether it was not revoked before. Errors:
// ErrNotFound, ErrUnavailable.
func (s *Store) RevokeClient(ctx context.Context, name string) (client *Client, revoked bool, err error) {
	err = s.ChangeRegistry(ctx, func(tx *Tx) (err error) {
		if client, err = tx.ClientByName(ctx, name); err != nil {
			return err
		}
		if client.RevokedAt != nil {
			return ErrUnchanged
		}
		rows, _ := tx.tx.Query(ctx, revokeClient, client.ID) // reading reports the error
		if client, err = exactlyOne(rows, (*Client).targets); err != nil {
			return err
		}
		_, err = tx.tx.Exec(ctx, endKeysOfClient, client.ID)
		revoked = err == nil
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("revoke %w", err)
	}
	return client, revoked, nil
}
