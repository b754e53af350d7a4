package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// ClientKey is a key of a client, as far as it is stored.
type ClientKey struct {
	Prefix    string // names it
	ClientID  int64
	Hash      [32]byte // SHA-256 of the whole key
	CreatedAt time.Time
	ExpiresAt *time.Time // from then on it is not valid; nil while it is the newest one
	Valid     bool       // by the clock of PostgreSQL
}

// A transaction that changes the registry may wait for another one: its now() is before what the other one wrote.
const keyColumns = `prefix, client_id, hash, created_at, expires_at, coalesce(expires_at, 'infinity') > clock_timestamp()`

// keyRow is a ClientKey with the room for what it points to.
type keyRow struct {
	ClientKey

	expiresAt time.Time
}

// scanKeys reads keys.
func scanKeys(rows pgx.Rows) ([]*ClientKey, error) {
	defer rows.Close()
	var found []*ClientKey
	r := newRowReader(rows)
	for r.next() {
		row := &keyRow{ClientKey: ClientKey{Prefix: r.text(), ClientID: r.int64(), Hash: r.hash(), CreatedAt: r.time()}}
		k := &row.ClientKey
		k.ExpiresAt = optional(r, (*rowReader).time, &row.expiresAt)
		k.Valid = r.bool()
		found = append(found, k)
	}
	return found, r.done()
}

const clientKeys = `-- name: ClientKeys
select ` + keyColumns + `
from client_keys
order by client_id, created_at desc, prefix`

// ClientKeys asks for all keys, of each client the newest first.
func (b *Batch) ClientKeys() *[]*ClientKey {
	found := new([]*ClientKey)
	b.add(query{sql: clientKeys, scan: func(rows pgx.Rows) (err error) {
		*found, err = scanKeys(rows)
		return err
	}})
	return found
}

const validClientKeys = `-- name: ValidClientKeys
select ` + keyColumns + `
from client_keys
where coalesce(expires_at, 'infinity') > clock_timestamp()`

// ValidClientKeys asks for the keys that are valid now, in no particular order.
func (b *Batch) ValidClientKeys() *[]*ClientKey {
	found := new([]*ClientKey)
	b.add(query{sql: validClientKeys, scan: func(rows pgx.Rows) (err error) {
		*found, err = scanKeys(rows)
		return err
	}})
	return found
}

const createKey = `-- name: CreateKey
insert into client_keys (prefix, client_id, hash, created_at)
values ($1, $2, $3, clock_timestamp())
on conflict (prefix) do nothing
returning ` + keyColumns

// createKey stores a key and fills in when it was made. Error: ErrTaken.
func (tx *Tx) createKey(ctx context.Context, key *ClientKey) error {
	rows, _ := tx.tx.Query(ctx, createKey, key.Prefix, key.ClientID, key.Hash[:]) // reading reports the error
	created, err := scanKeys(rows)
	switch {
	case err != nil:
		return fmt.Errorf("key %s: %w", key.Prefix, err)
	case len(created) == 0:
		return fmt.Errorf("key %s: %w", key.Prefix, ErrTaken)
	}
	*key = *created[0]
	return nil
}

const validKeysOfClient = `-- name: ValidKeysOfClient
select ` + keyColumns + `
from client_keys
where client_id = $1 and coalesce(expires_at, 'infinity') > clock_timestamp()
order by created_at desc, prefix`

const endKey = `-- name: EndKey
update client_keys
set expires_at = least(coalesce(expires_at, 'infinity'), clock_timestamp() + $2::interval)
where prefix = $1
returning ` + keyColumns

const forgetKeys = `-- name: ForgetKeys
delete from client_keys
where client_id = $1 and expires_at < clock_timestamp() - interval '90 days'`

// RotateKey gives a client a new key, and fills in its client and when it was made. The newest of the valid keys before it
// stays valid for the time of grace, or as long as it had left if that is less; those before that end now. It returns
// those keys, the newest first, as they are afterwards. Keys that ended 90 days ago are forgotten. Errors: ErrNotFound,
// ErrRevoked, ErrTaken, ErrUnavailable.
func (s *Store) RotateKey(ctx context.Context, name string, key *ClientKey, grace time.Duration) (old []*ClientKey, err error) {
	err = s.ChangeRegistry(ctx, func(tx *Tx) error {
		client, err := tx.ClientByName(ctx, name)
		if err != nil {
			return err
		}
		if client.RevokedAt != nil {
			return fmt.Errorf("client %s: %w", name, ErrRevoked)
		}
		if _, err := tx.tx.Exec(ctx, forgetKeys, client.ID); err != nil {
			return err
		}
		rows, _ := tx.tx.Query(ctx, validKeysOfClient, client.ID) // reading reports the error
		if old, err = scanKeys(rows); err != nil {
			return err
		}
		for i := range old {
			if old[i], err = tx.endKey(ctx, old[i].Prefix, grace); err != nil {
				return err
			}
			grace = 0 // only the newest has it
		}
		key.ClientID = client.ID
		return tx.createKey(ctx, key)
	})
	if err != nil {
		return nil, fmt.Errorf("rotate the key of %w", err)
	}
	return old, nil
}

const clientOfKey = `-- name: ClientOfKey
select ` + clientColumns + `
from clients
where id = (select k.client_id from client_keys k where k.prefix = $1)`

// RevokeKey ends a key. It returns the key's client, and whether the key was valid before. Errors: ErrNotFound,
// ErrUnavailable.
func (s *Store) RevokeKey(ctx context.Context, prefix string) (client *Client, revoked bool, err error) {
	err = s.ChangeRegistry(ctx, func(tx *Tx) error {
		rows, _ := tx.tx.Query(ctx, clientOfKey, prefix) // reading reports the error
		if client, err = exactlyOne(rows, (*Client).targets); err != nil {
			return err
		}
		rows, _ = tx.tx.Query(ctx, validKeysOfClient, client.ID)
		valid, err := scanKeys(rows)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(valid, func(k *ClientKey) bool { return k.Prefix == prefix }) {
			return ErrUnchanged
		}
		_, err = tx.endKey(ctx, prefix, 0)
		revoked = err == nil
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("revoke key %s: %w", prefix, err)
	}
	return client, revoked, nil
}

// endKey makes a key end after a time, if it would not end before. Error: ErrNotFound.
func (tx *Tx) endKey(ctx context.Context, prefix string, after time.Duration) (*ClientKey, error) {
	rows, _ := tx.tx.Query(ctx, endKey, prefix, after) // reading reports the error
	ended, err := scanKeys(rows)
	switch {
	case err != nil:
		return nil, fmt.Errorf("key %s: %w", prefix, err)
	case len(ended) == 0:
		return nil, fmt.Errorf("key %s: %w", prefix, ErrNotFound)
	}
	return ended[0], nil
}
