package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// ChangeKind says what of the data has changed. A server that does not know a kind takes it for ChangeEverything.
type ChangeKind string

// The kinds of changes. Those without keys are about all there is of them.
const (
	// ChangeCompany: anything about companies, their attributes, symbols, filings, metrics or series. Keys: ids in decimal.
	ChangeCompany ChangeKind = "company"
	// ChangeSector: which companies belong to a sector, or what they are ordered, filtered and found by. It comes with
	// ChangeCompanies where the company has a sector or had one. Keys: sectors, that of before and that of after.
	ChangeSector ChangeKind = "sector"
	// ChangeCompanies: which companies there are, or what they are ordered, filtered and found by.
	ChangeCompanies ChangeKind = "companies"
	// ChangeForm: which filings of a form there are, or their attributes. Keys: forms, that of before and that of after.
	ChangeForm ChangeKind = "form"
	// ChangeFilings: which filings there are, their attributes, or which of several filers stands for them.
	ChangeFilings ChangeKind = "filings"
	// ChangeDefinitions: which definitions of metrics there are, or their texts.
	ChangeDefinitions ChangeKind = "definitions"
	// ChangeRegistryRows: clients, keys or documents.
	ChangeRegistryRows ChangeKind = "registry"
	// ChangeEverything: nothing is as it was.
	ChangeEverything ChangeKind = "everything"
)

// HasKeys reports whether changes of the kind have keys.
func (k ChangeKind) HasKeys() bool { return k == ChangeCompany || k == ChangeSector || k == ChangeForm }

// Known reports whether k is one of the kinds above, and not one of a newer release.
func (k ChangeKind) Known() bool {
	switch k {
	case ChangeCompanies, ChangeFilings, ChangeDefinitions, ChangeRegistryRows, ChangeEverything:
		return true
	default:
		return k.HasKeys()
	}
}

const (
	// MaxChangeKeys is how many keys a change has at most; one with more has AnyKey instead.
	MaxChangeKeys = 1000
	// AnyKey stands for all keys of a kind.
	AnyKey = "*"
)

// OutboxChannel is the channel of the notification that follows the commit of changes. Its payload is empty: what has
// changed stands in the outbox.
const OutboxChannel = "corpintel_outbox"

// Change is what a transaction has changed.
type Change struct {
	Kind ChangeKind
	Keys []string // each once; none for kinds without keys
}

// AnyKey reports whether the change is about all keys of its kind.
func (c Change) AnyKey() bool { return slices.Contains(c.Keys, AnyKey) }

// Changed notes what the transaction changes. It is told to all servers when the transaction commits. Error: a kind that
// does not exist, or keys where there are none or none where there must be.
func (t *Tx) Changed(changes ...Change) error { return t.changes.add(changes) }

// Publish writes changes into the outbox, as Tx.Changed does, for a transaction that is not a Tx. Errors: those of
// Tx.Changed and of the database.
func Publish(ctx context.Context, tx pgx.Tx, changes ...Change) error {
	collected := changeSet{}
	if err := collected.add(changes); err != nil {
		return err
	}
	return collected.publish(ctx, tx)
}

// changeSet are changes by kind, with each key once.
type changeSet map[ChangeKind]map[string]bool

func (s changeSet) add(changes []Change) error {
	for _, c := range changes {
		switch {
		case !c.Kind.Known():
			return fmt.Errorf("a change of kind %q: there is no such kind", c.Kind)
		case c.Kind.HasKeys() != (len(c.Keys) > 0):
			return fmt.Errorf("a change of kind %q with %d keys", c.Kind, len(c.Keys))
		}
		keys := s[c.Kind]
		if keys == nil {
			keys = make(map[string]bool, len(c.Keys))
			s[c.Kind] = keys
		}
		for _, key := range c.Keys {
			keys[key] = true
		}
	}
	return nil
}

const publishChanges = `-- name: PublishChanges
with added as (
  insert into outbox (kind, keys)
  select kind, coalesce(array_agg(key order by key) filter (where key is not null), '{}')
  from unnest($1::text[], $2::text[]) as c (kind, key)
  group by kind
  order by kind
  returning id
)
select pg_notify('` + OutboxChannel + `', '')
from added
limit 1`

// publish writes the changes into the outbox. The notification reaches listeners once the transaction is committed.
func (s changeSet) publish(ctx context.Context, tx pgx.Tx) error {
	if len(s) == 0 {
		return nil
	}
	var kinds []string
	var keys []*string
	for kind, set := range s {
		if len(set) > MaxChangeKeys || set[AnyKey] {
			set = map[string]bool{AnyKey: true}
		}
		if len(set) == 0 {
			kinds, keys = append(kinds, string(kind)), append(keys, nil)
		}
		for key := range set {
			kinds, keys = append(kinds, string(kind)), append(keys, &key)
		}
	}
	if _, err := tx.Exec(ctx, publishChanges, kinds, keys); err != nil {
		return fmt.Errorf("publish changes: %w", err)
	}
	return nil
}
